"""Code lenses: the status of each entry point above it. Placing them is cheap; their words come with resolve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krepis.server.lsp.convert import line_range
from krepis.server.lsp.features.status import shown_status
from krepis.server.lsp.state import path_of
from krepis.server.lsp.status import title
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer
    from krepis.server.lsp.state import Project
    from krepis.server.lsp.status import EntryStatus


def code_lenses(server: KrepisServer, params: types.CodeLensParams) -> list[types.CodeLens]:
    """textDocument/codeLens."""
    path = path_of(params.text_document.uri)
    project = server.state.project_of(path)
    if path is None or project is None or not project.settings.code_lens:
        return []
    lenses = []
    for owner, entry in server.state.entries_in(path):
        place = line_range(server.state, path, entry.line, owner.ticks[entry.file])
        if place is not None:
            data = {"uri": params.text_document.uri, "line": entry.line, "name": entry.name}
            lenses.append(types.CodeLens(place, data=data))
    return lenses


def resolve(server: KrepisServer, lens: types.CodeLens) -> types.CodeLens:
    """codeLens/resolve."""
    data: dict[str, Any] = lens.data if isinstance(lens.data, dict) else {}
    uri = str(data.get("uri"))
    path = path_of(uri)
    for project, entry in server.state.entries_in(path) if path is not None else ():
        if (entry.line, entry.name) == (data.get("line"), data.get("name")):
            lens.command = _command(uri, project, entry)
            return lens
    lens.command = types.Command("not verified yet", "krepis.verifyFile", arguments=[uri])
    return lens


def _command(uri: str, project: Project, entry: EntryStatus) -> types.Command:
    status = shown_status(project, entry)
    words = title(entry)
    if status in ("queued", "running", "stale"):
        words = f"{status} · was: {words}"
    if entry.findings:
        return types.Command(words, "krepis.showTimeline", arguments=[uri, entry.findings[0].fingerprint])
    return types.Command(words, "krepis.verifyFile", arguments=[uri])
