"""Hover, on what Krepis knows and nobody else: a finding with its interleaving, an entry point with its status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from krepis.server.lsp.capabilities import Client
from krepis.server.lsp.convert import finding_range, line_range
from krepis.server.lsp.features.status import shown_status
from krepis.server.lsp.state import Project, State, path_of
from krepis.server.lsp.status import EntryStatus, title
from krepis.twin.findings import Finding
from krepis.twin.report import RULE_OF, phrase, tasks_of
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer


def hover(server: KrepisServer, params: types.HoverParams) -> types.Hover | None:
    """textDocument/hover."""
    state, path = server.state, path_of(params.text_document.uri)
    project = state.project_of(path)
    if path is None or project is None:
        return None
    for finding in project.view(path).findings:
        place = finding_range(state, project, finding)
        if place is not None and place.start <= params.position <= place.end:
            return _hover(server.client, _finding(state, project, finding), place)
    for owner, entry in state.entries_in(path):
        place = line_range(state, path, entry.line, owner.ticks[entry.file])
        if place is not None and place.start <= params.position <= place.end:
            return _hover(server.client, _entry(owner, entry), place)
    return None


def _hover(client: Client, text: str, place: types.Range) -> types.Hover:
    kind = types.MarkupKind.Markdown if client.markdown_hover else types.MarkupKind.PlainText
    return types.Hover(types.MarkupContent(kind, text), place)


def _finding(state: State, project: Project, finding: Finding) -> str:
    """The rule, and the steps as a table with a column for each task; every line number is a link."""
    rule = RULE_OF[finding.kind]
    tasks = tasks_of(finding.steps)
    lines = [f"**{rule.title}** [`{rule.code}`]({rule.help_uri})", ""]
    lines += ["| | " + " | ".join(f"{task.name}: {_cell(task.call)}" for task in tasks) + " |"]
    lines += ["|--:|" + "---|" * len(tasks)]
    for step in finding.steps:
        path = project.path_of(step.file)
        now = state.line_now(path, step.line - 1, project.ticks[finding.file])
        where = f"{step.line}" if step.file == finding.file else f"{step.file}:{step.line}"
        link = f"[{_cell(where)}]({state.uri_of(path)}#L{now + 1})" if now is not None else _cell(where)
        cells = [_cell(phrase(step)) if step.task == task.name else "" for task in tasks]
        lines.append(f"| {link} | " + " | ".join(cells) + " |")
    lines += ["", finding.why, "", finding.help]
    return "\n".join(lines)


def _entry(project: Project, entry: EntryStatus) -> str:
    status = shown_status(project, entry)
    lines = [f"**{_cell(entry.name)}**: {title(entry)}"]
    if status != entry.verdict:
        lines[0] += f" ({status})"
    lines += [f"* {finding.message}" for finding in entry.findings]
    return "\n\n".join(lines)


def _cell(text: str) -> str:
    """Text of a program, which may hold anything, as it is."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]<>()#+-.!|~$&" else c for c in text)
    return " ".join(escaped.split())
