"""The report as one self-contained web page.

Nothing is loaded from anywhere: styles and the few lines of script are inside, and the content security
policy forbids the rest, so a hostile file name could not even load an image. The page reads, filters and
expands without script (filters are checkboxes and `:has()`); script only links steps with source lines.

The timeline has a lane per task and a row per step. Rails and arrows are SVG lines behind the cards, placed
in per cent of the equally high rows and of the lanes, so that they fit any width without script.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from krepis.twin.findings import KINDS, SEVERITIES, Finding, Note, Report
from krepis.twin.report._escape import visible
from krepis.twin.report._frame import Frame, FrameLine, Sources, frames_of
from krepis.twin.report._summary import count, coverage, gaps, verdict
from krepis.twin.report._timeline import Roles, Task, place, roles_of, shortened, tasks_of, verb_of
from krepis.twin.report.rules import RULE_OF
from markupsafe import Markup

_TEMPLATES: Final = Path(__file__).parent / "templates"
_RAIL_X: Final = 10  # px from a lane's left edge to its rail
_GAP: Final = 30  # px between lanes, as in the style sheet; arrows span it
_VALUE_STYLES: Final = {"read": "equals", "write": "equals", "return": "result", "throw": "result"}
_ROLE_TEXT: Final = {"read": "reads", "write": "changes it", "act": "acts on old value", "here": "here"}


def render(report: Report, sources: Sources) -> str:
    """The page; ends with one newline."""
    ordered = report.sorted()
    script = _asset("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    kinds = Counter(f.kind for f in ordered.findings)
    severities = Counter(f.severity for f in ordered.findings)
    notes = [*ordered.failures, *ordered.notes, *ordered.remarks]
    page = _template().render(
        css=Markup(_asset("report.css")),
        script=Markup(script),
        script_hash=Markup(f"sha256-{digest}"),
        verdict=verdict(ordered).removesuffix("."),
        coverage=coverage(ordered),
        gaps=gaps(ordered),
        stats=_stats(ordered),
        kinds=[{"name": kind, "count": kinds[kind]} for kind in KINDS if kinds[kind]],
        severities=[{"name": s, "count": severities[s]} for s in SEVERITIES if severities[s]],
        findings=[_finding(f, number, sources) for number, f in enumerate(ordered.findings, start=1)],
        notes=[_note(note) for note in notes],
        suppressed=[
            {
                "origin": "comment" if s.origin == "in-source" else "baseline",
                "file": visible(s.finding.file),
                "line": s.finding.line,
                "rule": s.finding.rule,
                "reason": visible(s.reason),
            }
            for s in ordered.suppressed
        ],
    )
    return page.rstrip("\n") + "\n"


_BREAKS = re.compile(r"(?<=[.,(\[{=])(?<!\bthis\.)(?=\S)")


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["breakable"] = _breakable
    return environment.get_template("report.html.jinja")


@cache
def _asset(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _stats(report: Report) -> list[tuple[str, str]]:
    s = report.summary
    numbers = (
        ("Files", s.files),
        ("Entry points", s.entry_points),
        ("Scenarios", s.scenarios),
        ("Interleavings", s.traces),
        ("States", s.states),
    )
    return [*((name, f"{number:,}") for name, number in numbers), ("Seconds", f"{s.seconds:.1f}")]


def _note(note: Note) -> dict[str, Any]:
    return {
        "kind": note.kind,
        "file": visible(note.file),
        "line": note.line,
        "message": visible(note.message),
    }


def _finding(finding: Finding, number: int, sources: Sources) -> dict[str, Any]:
    rule = RULE_OF[finding.kind]
    tasks = tasks_of(finding.steps)
    roles = roles_of(finding)
    return {
        "id": f"finding-{number}",
        "kind": finding.kind,
        "severity": finding.severity,
        "title": rule.title,
        "rule": visible(finding.rule),
        "page": rule.help_uri,
        "message": visible(finding.message),
        "why": visible(finding.why),
        "help": visible(finding.help),
        "file": visible(finding.file),
        "line": finding.line,
        "column": finding.column,
        "function": visible(finding.function),
        "schedule": visible(finding.schedule),
        "fingerprint": visible(finding.fingerprint),
        "explored": f"{count(finding.states, 'state')}, {count(finding.traces, 'interleaving')} explored",
        "fixes": [{"title": visible(fix.title), "verified": fix.verified} for fix in finding.fixes],
        "tasks": [{"name": visible(task.name), "call": visible(task.call)} for task in tasks],
        "steps": _steps(finding, tasks, roles, sources),
        "rails": _rails(finding, tasks, roles),
        "arrows": _arrows(finding, tasks, roles),
        "frames": [_frame(frame) for frame in frames_of(finding, sources)],
    }


def _steps(finding: Finding, tasks: Sequence[Task], roles: Roles, sources: Sources) -> list[dict[str, Any]]:
    lane = {task.name: index for index, task in enumerate(tasks)}
    race = roles.stale_read is not None
    named = {roles.stale_read: "read", roles.foreign_write: "write", roles.act: "act" if race else "here"}
    steps = []
    for index, step in enumerate(finding.steps):
        lines = sources(step.file)
        role = named.get(index, "")
        steps.append(
            {
                "number": index + 1,
                "task": lane[step.task],
                "name": visible(step.task),
                "role": role,
                "role_text": _ROLE_TEXT.get(role, ""),
                "file": visible(step.file),
                "where": visible(place(step, finding.file)),
                "verb": verb_of(step),
                "what": visible(shortened(step.what)),
                "value": visible(shortened(step.value)),
                "value_style": _VALUE_STYLES.get(step.action, "aside"),
                "at": _at(step.file, step.line),
                "source": visible(lines[step.line - 1].strip()) if 0 < step.line <= len(lines) else "",
            }
        )
    return steps


def _breakable(text: str) -> Markup:
    """A text that may break after its dots, brackets and commas, as an expression does, and not within a name."""
    return Markup("<wbr>").join(_BREAKS.split(text))


def _at(file: str, line: int) -> str:
    return f"{visible(file)}:{line}"


def _percent(part: float, whole: int) -> str:
    return f"{100 * part / whole:.3f}"


def _rails(finding: Finding, tasks: Sequence[Task], roles: Roles) -> list[dict[str, Any]]:
    """One vertical line between consecutive steps of a task: running, waiting, or holding a stale value."""
    rails = []
    rows = len(finding.steps)
    for lane, task in enumerate(tasks):
        mine = [index for index, step in enumerate(finding.steps) if step.task == task.name]
        for start, end in itertools.pairwise(mine):
            style = "running" if end == start + 1 else "waiting"
            if roles.stale_read is not None and roles.act is not None and mine[0] <= roles.act:
                holder = finding.steps[roles.act].task == task.name
                if holder and roles.stale_read <= start and end <= roles.act:
                    style = "stale"
            rails.append(
                {
                    "x": _percent(lane, len(tasks)),
                    "y1": _percent(start + 0.5, rows),
                    "y2": _percent(end + 0.5, rows),
                    "task": lane,
                    "style": style,
                }
            )
    return rails


def _arrows(finding: Finding, tasks: Sequence[Task], roles: Roles) -> list[dict[str, Any]]:
    """From the stale read to the foreign write, and from there to the act."""
    if roles.stale_read is None or roles.foreign_write is None or roles.act is None:
        return []
    lane = {task.name: index for index, task in enumerate(tasks)}
    rows = len(finding.steps)
    arrows = []
    for start, end in ((roles.stale_read, roles.foreign_write), (roles.foreign_write, roles.act)):
        first, second = lane[finding.steps[start].task], lane[finding.steps[end].task]
        left, right = sorted((first, second))
        if right - left == 1:  # from card to rail within the gap between the two lanes
            x, ends = _percent(right, len(tasks)), (str(-_GAP), str(_RAIL_X - 8))
        else:  # behind the cards of the lanes between
            x, ends = "0", (_percent(left + 1, len(tasks)) + "%", _percent(right, len(tasks)) + "%")
        x1, x2 = ends if first < second else ends[::-1]
        arrows.append(
            {
                "x": x,
                "x1": x1,
                "x2": x2,
                "y1": _percent(start + 0.5, rows),
                "y2": _percent(end + 0.5, rows),
            }
        )
    return arrows


def _frame(frame: Frame) -> dict[str, Any]:
    return {
        "file": visible(frame.file),
        "lines": [
            {
                "number": line.number,
                "gap": line.gap,
                "at": _at(frame.file, line.number),
                "style": "labelled" if line.labels else "",
                "parts": _parts(line),
                "labels": [
                    {"text": visible(label.text), "style": "primary" if label.primary else "secondary"}
                    for label in line.labels
                    if label.text
                ],
            }
            for line in frame.lines
        ],
    }


def _parts(line: FrameLine) -> list[dict[str, str]]:
    """The line's text cut where labels begin and end; the primary label wins where they overlap."""
    if not line.labels:
        return [{"text": visible(line.text), "style": ""}]
    label = max(line.labels, key=lambda candidate: candidate.primary)
    style = "primary" if label.primary else "secondary"
    pieces = (
        (line.text[: label.start], ""),
        (line.text[label.start : label.end], style),
        (line.text[label.end :], ""),
    )
    return [{"text": visible(text), "style": style} for text, style in pieces if text]
