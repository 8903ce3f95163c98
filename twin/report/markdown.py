"""Markdown for a pull request comment (GitHub Flavored Markdown, which GitLab and others read too).

First the verdict, then a table of the findings, then each finding folded. The whole stays below what GitHub
takes for one comment; what is left out is said. Foreign text is escaped so that it is neither markup nor
HTML, and neither mentions users nor links issues.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from krepis.twin.findings import Finding, Report
from krepis.twin.report._escape import visible
from krepis.twin.report._frame import Sources
from krepis.twin.report._summary import count, coverage, gaps, verdict
from krepis.twin.report._timeline import phrase, place, roles_of, tasks_of
from krepis.twin.report.rules import RULE_OF
from krepis.twin.report.text import Style, frame_lines

_LIMIT: Final = 60_000  # characters; GitHub takes 65,536
_MAX_ROWS: Final = 50
_MAX_NOTES: Final = 20
_STYLE: Final = Style(width=100)
_MARKUP: Final = re.compile(r"([\\`*_\[\]#|~>$])|(?<=^\d)([.)])|^([+-])")
_MENTION: Final = re.compile(r"@(?=\w)")


def render(report: Report, sources: Sources) -> str:
    """The comment; one final newline."""
    ordered = report.sorted()
    lines = [f"## Krepis: {verdict(ordered).removesuffix('.')}", "", coverage(ordered)]
    if left_out := gaps(ordered):
        lines += ["", f"**Not covered:** {'; '.join(left_out)}."]
    if ordered.findings:
        lines += ["", *_table(ordered)]
    lines += _notes(ordered)
    size = sum(len(line) + 1 for line in lines)
    for index, finding in enumerate(ordered.findings):
        section = ["", *_finding(finding, sources)]
        size += sum(len(line) + 1 for line in section)
        if size > _LIMIT:
            hidden = len(ordered.findings) - index
            lines += [
                "",
                f"Details of {count(hidden, 'finding')} are left out here to keep the comment short.",
            ]
            break
        lines += section
    return "\n".join(lines) + "\n"


def plain(text: str) -> str:
    """`text` as text of a paragraph or a table cell."""
    escaped = visible(text).replace("&", "&amp;").replace("<", "&lt;")
    return _MENTION.sub(r"@<!-- -->", _MARKUP.sub(lambda match: "\\" + match[0], escaped))


def code(text: str) -> str:
    """`text` as a code span; nothing for the empty text."""
    shown = visible(text)
    if not shown:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def cell(text: str) -> str:
    """`text` as a code span within a table, where a bar would end the cell."""
    return code(text).replace("|", "\\|")


def _table(report: Report) -> Iterator[str]:
    yield "| | Finding | Where |"
    yield "| --- | --- | --- |"
    for finding in report.findings[:_MAX_ROWS]:
        title = f"[{RULE_OF[finding.kind].title}]({RULE_OF[finding.kind].help_uri})"
        where = f"{cell(f'{finding.file}:{finding.line}')} in {cell(finding.function)}"
        yield f"| {finding.severity} | {title}: {plain(finding.message)} | {where} |"
    if len(report.findings) > _MAX_ROWS:
        yield f"| | ... and {len(report.findings) - _MAX_ROWS:,} more | |"


def _finding(finding: Finding, sources: Sources) -> Iterator[str]:
    rule = RULE_OF[finding.kind]
    where = visible(f"{finding.file}:{finding.line}").replace("&", "&amp;").replace("<", "&lt;")
    yield f"<details><summary><b>{rule.title}</b> at <code>{where}</code></summary>"
    yield ""
    yield plain(finding.message)
    yield ""
    frame = [line.rstrip() for line in frame_lines(finding, sources, _STYLE)]
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", "\n".join(frame))), default=0))
    yield from (f"{fence}text", *frame, fence)
    if finding.steps:
        yield ""
        yield from _interleaving(finding)
    for label, text in (("Why it matters", finding.why), ("What to do", finding.help)):
        if text:
            yield from ("", f"**{label}:** {plain(text)}")
    if finding.fixes:
        yield ""
        yield from (f"- {'Verified' if fix.verified else 'Possible'} fix: {plain(fix.title)}" for fix in finding.fixes)
    yield ""
    replay = f"; replay {code(finding.schedule)}" if finding.schedule else ""
    yield f"Explored {count(finding.states, 'state')}, {count(finding.traces, 'interleaving')}{replay}."
    yield ""
    yield "</details>"


def _interleaving(finding: Finding) -> Iterator[str]:
    tasks = tasks_of(finding.steps)
    roles = roles_of(finding)
    decisive = {roles.stale_read, roles.foreign_write, roles.act}
    yield f"| Step | {' | '.join(f'{plain(task.name)}: {cell(task.call)}' for task in tasks)} |"
    yield f"| ---: |{' --- |' * len(tasks)}"
    for index, step in enumerate(finding.steps):
        text = f"{plain(place(step, finding.file))}: {cell(phrase(step))}"
        text = f"**{text}**" if index in decisive else text
        yield f"| {index + 1} | {' | '.join(text if step.task == task.name else '' for task in tasks)} |"


def _notes(report: Report) -> Iterator[str]:
    notes = [*report.failures, *report.notes, *report.remarks]
    if not notes:
        return
    yield from ("", f"<details><summary>{count(len(notes), 'note')}</summary>", "")
    for note in notes[:_MAX_NOTES]:
        yield f"- {note.kind}: {code(f'{note.file}:{note.line}')} {plain(note.message)}"
    if len(notes) > _MAX_NOTES:
        yield f"- ... and {len(notes) - _MAX_NOTES:,} more"
    yield from ("", "</details>")
