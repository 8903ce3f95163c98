"""The report for a terminal: code frames, the interleaving with one column per task, and a summary.

Layout rules: nothing is wider than `Style.width` except words that cannot be broken; a table whose columns
would be narrower than `_MIN_COLUMN` becomes a list. Colour only repeats what the text says. All foreign
text passes `visible`, so a report never controls the terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from krepis.twin.findings import SEVERITIES, Finding, Note, Report, Severity
from krepis.twin.report._escape import visible
from krepis.twin.report._frame import Frame, FrameLine, Sources, frames_of
from krepis.twin.report._summary import count, coverage, gaps, verdict
from krepis.twin.report._timeline import phrase, place, roles_of, tasks_of
from rich.cells import cell_len, chop_cells

_MIN_COLUMN: Final = 26
_MIN_WIDTH: Final = 40
_MAX_NOTES: Final = 20
_SGR: Final[dict[str, str]] = {
    "error": "1;31", "warning": "1;33", "info": "1;34", "hint": "1;36",
    "bold": "1", "dim": "2", "good": "1;32",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How to draw: `width` in terminal cells, whether to use colour and characters beyond ASCII."""

    width: int = 100
    color: bool = False
    unicode: bool = True

    def paint(self, name: str, text: str) -> str:
        """`text` in the named style (Select Graphic Rendition, ECMA-48)."""
        return f"\x1b[{_SGR[name]}m{text}\x1b[0m" if self.color and text else text


def render(report: Report, sources: Sources, style: Style) -> str:
    """The whole report; ends with one newline."""
    ordered = report.sorted()
    style = Style(max(style.width, _MIN_WIDTH), style.color, style.unicode)
    lines: list[str] = []
    for finding in ordered.findings:
        lines += [*finding_lines(finding, sources, style), ""]
    notes = [*ordered.failures, *ordered.notes, *ordered.remarks]
    if notes:
        lines += [*_notes(notes, style), ""]
    lines += _summary(ordered, style)
    return _joined(lines, style)


def replayed(finding: Finding, sources: Sources, style: Style) -> str:
    """A finding that was run again: where it is, and its interleaving."""
    lines = [style.paint("bold", f"{visible(finding.rule)}, replayed in {count(finding.states, 'event')}")]
    lines += [*frame_lines(finding, sources, style), "", *interleaving_lines(finding, style)]
    return _joined(lines, style)


def finding_text(finding: Finding, sources: Sources) -> str:
    """One finding as a text of its own."""
    style = Style()
    return _joined([*finding_lines(finding, sources, style)], style)


def _joined(lines: Sequence[str], style: Style) -> str:
    text = "\n".join(line.rstrip() for line in lines) + "\n"
    return text if style.unicode else text.encode("ascii", "backslashreplace").decode("ascii")


def finding_lines(finding: Finding, sources: Sources, style: Style) -> Iterator[str]:
    """One finding, line by line."""
    head = f"{finding.severity}[{visible(finding.rule)}]"
    first, *rest = wrap(f"{head}: {visible(finding.message)}", style.width)
    yield style.paint(finding.severity, first[: len(head)]) + style.paint("bold", first[len(head) :])
    yield from (style.paint("bold", line) for line in rest)
    yield from frame_lines(finding, sources, style)
    if finding.steps:
        yield ""
        yield from interleaving_lines(finding, style)
    yield ""
    yield from _labelled("why", finding.why, "bold", style)
    yield from _labelled("help", finding.help, "bold", style)
    for fix in finding.fixes:
        mark = "verified fix" if fix.verified else "possible fix"
        yield from _labelled(mark, fix.title, "good" if fix.verified else "bold", style)
    explored = f"{count(finding.states, 'state')}, {count(finding.traces, 'interleaving')}"
    yield from _labelled("explored", explored, "dim", style)
    if finding.schedule:  # one word that is to be copied, however wide
        yield f"  {style.paint('dim', 'replay:')} krepis replay {visible(finding.schedule)}"


def frame_lines(finding: Finding, sources: Sources, style: Style) -> Iterator[str]:
    """Where the finding is, and the source lines that matter to it."""
    frames = frames_of(finding, sources)
    gutter = max((len(str(line.number)) for frame in frames for line in frame.lines), default=2)
    where = f"{visible(finding.file)}:{finding.line}:{finding.column}"
    first, *rest = wrap(f"{where} in {visible(finding.function)}", style.width - gutter - 4)
    yield f"{' ' * gutter}{style.paint('dim', '-->')} {first}"
    yield from (" " * (gutter + 4) + line for line in rest)
    for frame in frames:
        if frame.file != finding.file:
            yield f"{' ' * gutter}{style.paint('dim', ':::')} {visible(frame.file)}"
        yield from _frame(frame, gutter, finding.severity, style)


def _frame(frame: Frame, gutter: int, severity: Severity, style: Style) -> Iterator[str]:
    bar = style.paint("dim", "|")
    blank = f"{' ' * gutter} {bar}"
    yield blank
    for line in frame.lines:
        if line.gap:
            yield style.paint("dim", "." * max(gutter, 3))
        text, offset = _clip(line, style.width - gutter - 3)
        yield f"{style.paint('dim', str(line.number).rjust(gutter))} {bar} {visible(text)}"
        for label in line.labels:
            before = visible(line.text[offset : max(label.start, offset)])
            under = visible(line.text[max(label.start, offset) : label.end])
            room = max(style.width - gutter - 3 - cell_len(before), 1)
            mark = ("^" if label.primary else "-") * min(max(cell_len(under), 1), room)
            paint = severity if label.primary else "info"
            indent = cell_len(before)
            if not label.text:
                yield f"{blank} {' ' * indent}{style.paint(paint, mark)}"
                continue
            said = visible(label.text)
            if indent + cell_len(mark) + 1 + cell_len(said) <= style.width - gutter - 3:
                yield f"{blank} {' ' * indent}{style.paint(paint, f'{mark} {said}')}"
                continue
            yield f"{blank} {' ' * indent}{style.paint(paint, mark)}"
            indent = min(indent, (style.width - gutter - 3) // 3)
            for part in wrap(said, style.width - gutter - 3 - indent):
                yield f"{blank} {' ' * indent}{style.paint(paint, part)}"


def _clip(line: FrameLine, room: int) -> tuple[str, int]:
    """The part of a line that fits `room` cells and shows its labels, and the index that it starts at."""
    if cell_len(visible(line.text)) <= room:
        return line.text, 0
    start = max(min((label.start for label in line.labels), default=0) - room // 4, 0)
    end = start
    used = 0
    while end < len(line.text) and (used := used + cell_len(visible(line.text[end]))) <= room:
        end += 1
    return line.text[start:end], start


def interleaving_lines(finding: Finding, style: Style) -> Iterator[str]:
    """The steps of a finding, one column per task."""
    tasks = tasks_of(finding.steps)
    roles = roles_of(finding)
    decisive = {roles.stale_read, roles.foreign_write, roles.act}
    number_width = max(len(str(len(finding.steps))), 2)
    bar = " │ " if style.unicode else " | "
    room = style.width - number_width - 5 - len(bar) * (len(tasks) - 1)
    places = [visible(place(step, finding.file)) for step in finding.steps]
    digits = max(len(p) for p in places if p.isdecimal()) if any(map(str.isdecimal, places)) else 0
    cells = [
        f"{where.rjust(digits)} {visible(phrase(step))}" for where, step in zip(places, finding.steps, strict=True)
    ]
    heads = [visible(f"{task.name}: {task.call}") for task in tasks]
    column_of = {task.name: index for index, task in enumerate(tasks)}
    for line in wrap("  one interleaving that shows it, time downwards:", style.width, 2):
        yield style.paint("bold", line)
    if room // len(tasks) < _MIN_COLUMN:
        for head in heads:
            yield from (f"  {line}" for line in wrap(head, style.width - 2))
        for index, (step, cell) in enumerate(zip(finding.steps, cells, strict=True)):
            mark = _mark(index in decisive, style)
            lead = f"{str(index + 1).rjust(number_width)} {mark}{visible(step.task)}  "
            for i, line in enumerate(wrap(cell, max(style.width - len(lead), 10), digits + 1)):
                text = (lead if i == 0 else " " * len(lead)) + line
                yield style.paint("bold", text) if index in decisive else text
        return
    widths = _column_widths(
        [
            [heads[i]] + [c for s, c in zip(finding.steps, cells, strict=True) if s.task == task.name]
            for i, task in enumerate(tasks)
        ],
        room,
    )
    yield from _row(" " * number_width + "  ", heads, widths, bar, "bold", 3, style)
    for index, (step, cell) in enumerate(zip(finding.steps, cells, strict=True)):
        lead = f"{str(index + 1).rjust(number_width)} {_mark(index in decisive, style)}"
        row = ["" for _ in tasks]
        row[column_of[step.task]] = cell
        name = finding.severity if index == roles.act else "info" if index in decisive else ""
        yield from _row(lead, row, widths, bar, name, digits + 1, style)


def _mark(decisive: bool, style: Style) -> str:
    if not decisive:
        return " "
    return "▶" if style.unicode else ">"


def _column_widths(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The widths of the columns: what they need where that fits, otherwise equal shares of what is left."""
    needs = [max(map(cell_len, column)) for column in columns]
    widths = [0] * len(columns)
    left, open_columns = room, sorted(range(len(columns)), key=lambda i: needs[i])
    for position, i in enumerate(open_columns):
        widths[i] = min(needs[i], left // (len(columns) - position))
        left -= widths[i]
    return widths


def _row(
    lead: str, row: Sequence[str], widths: Sequence[int], bar: str, name: str, indent: int, style: Style
) -> Iterator[str]:
    wrapped = [wrap(cell, width, indent) for cell, width in zip(row, widths, strict=True)]
    for depth in range(max(map(len, wrapped))):
        parts = []
        for cell, width in zip(wrapped, widths, strict=True):
            text = cell[depth] if depth < len(cell) else ""
            padding = " " * (width - cell_len(text))
            parts.append((style.paint(name, text) if name else text) + padding)
        yield "  " + (lead if depth == 0 else " " * len(lead)) + " " + style.paint("dim", bar).join(parts)


def _labelled(label: str, text: str, name: str, style: Style) -> Iterator[str]:
    if not text:
        return
    indent = len(label) + 4
    for i, line in enumerate(wrap(visible(text), style.width - indent)):
        yield (f"  {style.paint(name, label + ':')} " if i == 0 else " " * indent) + line


def _notes(notes: Sequence[Note], style: Style) -> Iterator[str]:
    yield style.paint("bold", "Notes")
    for note in notes[:_MAX_NOTES]:
        lines = wrap(f"{visible(note.file)}:{note.line}: {note.kind}: {visible(note.message)}", style.width - 4)
        yield from (("  " if i == 0 else "    ") + line for i, line in enumerate(lines))
    if len(notes) > _MAX_NOTES:
        yield f"  ... and {len(notes) - _MAX_NOTES:,} more; --format json lists all."


def _summary(report: Report, style: Style) -> Iterator[str]:
    left_out = gaps(report)
    good = not report.findings and not left_out and report.summary.entry_points > 0
    worst = min((f.severity for f in report.findings), key=SEVERITIES.index, default="bold")
    name = "good" if good else worst
    yield from wrap(coverage(report), style.width)
    yield from (style.paint(name, line) for line in wrap(verdict(report), style.width))
    if left_out:
        yield from wrap(f"Not covered: {'; '.join(left_out)}.", style.width)


def wrap(text: str, width: int, indent: int = 0) -> list[str]:
    """`text` in lines of at most `width` terminal cells, broken at spaces where possible; never empty.

    Lines after the first start with `indent` spaces. Leading spaces of `text` stay.
    """
    width = max(width, indent + 2)
    lines: list[str] = []
    current = " " * (len(text) - len(text.lstrip(" ")))
    empty = True
    for word in text.lstrip(" ").split(" "):
        joined = current + word if empty else f"{current} {word}"
        if cell_len(joined) <= width:
            current, empty = joined, False
            continue
        if not empty:
            lines.append(current)
            current = " " * indent
        *full, rest = chop_cells(word, width - cell_len(current)) or [""]
        for piece in full:
            lines.append(current + piece)
            current = " " * indent
        current, empty = current + rest, False
    return [*lines, current]
