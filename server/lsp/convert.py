"""From what Krepis knows to LSP types: positions, findings, diagnostics.

Reports count lines and columns from 1, columns in UTF-16 units; clients count from 0 in units of their own. A place
whose line was edited since the report has no position any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from krepis.server.lsp import trees
from krepis.server.lsp.capabilities import Client
from krepis.server.lsp.document import client_column, content, converted, point_at
from krepis.server.lsp.state import Open, Project, State
from krepis.twin.findings import Finding, Report, Severity, Step, Summary, to_json
from krepis.twin.report import RULE_OF, phrase, roles_of, tasks_of
from lsprotocol import types

SOURCE: Final = "krepis"
SYNTAX: Final = "krepis/syntax"

_SEVERITIES: Final[dict[Severity, types.DiagnosticSeverity]] = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "info": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}


def line_range(state: State, path: Path, line: int, tick: int) -> types.Range | None:
    """The code on a line (from 1) of the texts of `tick`, where it is now."""
    now = state.line_now(path, line - 1, tick)
    if now is None:
        return None
    doc = state.document_at(path)
    if doc is None or now >= len(doc.lines):
        return types.Range(types.Position(now, 0), types.Position(now, 0))
    text = content(doc.lines[now])
    start = len(text) - len(text.lstrip())
    end = client_column(text, len(text.rstrip()) or len(text), state.encoding)
    return types.Range(types.Position(now, min(start, end)), types.Position(now, end))


def finding_range(state: State, project: Project, finding: Finding) -> types.Range | None:
    """Where a finding is now; None when its lines were edited since."""
    path, tick = project.path_of(finding.file), project.ticks[finding.file]
    first = state.line_now(path, finding.line - 1, tick)
    last = state.line_now(path, finding.end_line - 1, tick)
    if first is None or last is None:
        return None
    doc = state.document_at(path)
    start, end = finding.column - 1, finding.end_column - 1
    if doc is not None:
        start = converted(doc, first, start, "utf-16", state.encoding)
        end = converted(doc, last, end, "utf-16", state.encoding)
    return types.Range(types.Position(first, start), types.Position(last, end))


def step_location(state: State, project: Project, step: Step, tick: int) -> types.Location | None:
    """Where a step in the texts of `tick` happens now."""
    path = project.path_of(step.file)
    place = line_range(state, path, step.line, tick)
    return types.Location(state.uri_of(path), place) if place is not None else None


def finding_json(state: State, project: Project, finding: Finding) -> dict[str, Any]:
    """A finding as `krepis verify --format json` has it, with what a timeline needs.

    Steps have a URI and the line where they are now; `roles` are indices of the decisive steps, from 0.
    """
    (fields,) = to_json(Report(Summary(), (finding,)))["findings"]
    for step, plain in zip(finding.steps, fields["steps"], strict=True):
        path = project.path_of(step.file)
        now = state.line_now(path, step.line - 1, project.ticks[finding.file])
        plain |= {"uri": state.uri_of(path), "line": step.line if now is None else now + 1}
    roles = roles_of(finding)
    return {
        **fields,
        "uri": state.uri_of(project.path_of(finding.file)),
        "tasks": [task.name for task in tasks_of(finding.steps)],
        "roles": {"staleRead": roles.stale_read, "foreignWrite": roles.foreign_write, "act": roles.act},
    }


def diagnostics_of(state: State, client: Client, path: Path | None, opened: Open | None) -> list[types.Diagnostic]:
    """What is to be said about a file: what the parser sees at once, and the findings of the last result."""
    found = list(_syntax(state, opened)) if opened is not None else []
    project = state.project_of(path)
    if project is not None and path is not None:
        for finding in project.view(path).findings:
            diagnostic = _diagnostic(state, client, project, finding)
            if diagnostic is not None:
                found.append(diagnostic)
    return found


def _syntax(state: State, opened: Open) -> Iterator[types.Diagnostic]:
    for start, end, why in trees.problems(opened.tree) if opened.tree is not None else ():
        first = types.Position(*point_at(opened.doc, start, state.encoding))
        last = types.Position(*point_at(opened.doc, end, state.encoding))
        yield types.Diagnostic(
            types.Range(first, last),
            f"The code around this is not verified: {why}.",
            severity=types.DiagnosticSeverity.Information,
            code=SYNTAX,
            source=SOURCE,
        )


def _diagnostic(state: State, client: Client, project: Project, finding: Finding) -> types.Diagnostic | None:
    place = finding_range(state, project, finding)
    if place is None:
        return None
    steps = []
    for number, step in enumerate(finding.steps, start=1):
        location = step_location(state, project, step, project.ticks[finding.file])
        if location is not None:
            steps.append(types.DiagnosticRelatedInformation(location, f"{number}. {step.task} {phrase(step)}"))
    rule = RULE_OF[finding.kind]
    opened = state.documents.get(str(project.path_of(finding.file)))
    data = {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "version": opened.doc.version if opened is not None else None,
    }
    return types.Diagnostic(
        place,
        f"{finding.message}\n{finding.why}\n{finding.help}",
        severity=_SEVERITIES[finding.severity],
        code=finding.rule,
        code_description=types.CodeDescription(rule.help_uri) if client.code_description else None,
        source=SOURCE,
        related_information=steps if client.related_information and steps else None,
        data=data if client.diagnostic_data else None,
    )


def digest(diagnostics: list[types.Diagnostic]) -> str:
    """A short text that is equal for equal diagnostics."""
    return hashlib.blake2b(repr(diagnostics).encode("utf-8", "backslashreplace"), digest_size=12).hexdigest()
