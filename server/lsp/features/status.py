"""Krepis's own requests: `krepis/timeline`, `krepis/status` and its notification `krepis/statusChanged`.

The request is answered with all entry points; the notification has whole files, those that differ from what was said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from krepis.server.discover import shown
from krepis.server.lsp.convert import finding_json, line_range
from krepis.server.lsp.state import NOTHING
from krepis.server.version import installed_version
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer
    from krepis.server.lsp.state import Project
    from krepis.server.lsp.status import EntryStatus

MAX_ENTRIES: Final = 300
"""Entry points in one notification; more would keep the server from what else it is asked."""


def timeline(server: KrepisServer, params: Any) -> dict[str, Any] | None:
    """krepis/timeline: the finding with this fingerprint, with all that is needed to draw it; null if it is gone."""
    fingerprint = getattr(params, "fingerprint", None)
    if not isinstance(fingerprint, str):
        raise JsonRpcInvalidParams("krepis/timeline takes {uri, fingerprint}")
    located = server.state.located(fingerprint)
    return finding_json(server.state, *located) if located is not None else None


def status(server: KrepisServer, _params: Any) -> dict[str, Any]:
    """krepis/status: every entry point, and what is being done."""
    projects = server.state.projects.values()
    return {"entryPoints": [point for p in projects for name in p.views for point in points(server, p, name)]} | (
        _overall(server)
    )


def status_changed(server: KrepisServer) -> dict[str, Any]:
    """krepis/statusChanged: the files of which something else is to be said than before, as many as fit."""
    files: list[dict[str, Any]] = []
    for folder, name in server.unplaced:
        files.append({"uri": server.state.uri_of(folder / name), "entryPoints": []})
    server.unplaced.clear()
    room = MAX_ENTRIES
    first = opened(server)
    for project in server.state.projects.values():
        urgent = [name for owner, name in first if owner is project and name in project.unsaid]
        while project.unsaid and room > 0:
            name = urgent.pop() if urgent else next(iter(project.unsaid))
            project.unsaid.discard(name)
            found = points(server, project, name)
            files.append({"uri": server.state.uri_of(project.path_of(name)), "entryPoints": found})
            room -= 1 + len(found)
    return {"files": files} | _overall(server)


def opened(server: KrepisServer) -> list[tuple[Project, str]]:
    """The files that the client has open, as reports of their projects name them."""
    found = ((server.state.project_of(o.path), o.path) for o in server.state.documents.values())
    return [(project, shown(path, project.folder)) for project, path in found if project and path]


def points(server: KrepisServer, project: Project, name: str) -> list[dict[str, Any]]:
    """The entry points of a file, where they are now."""
    view, state = project.views.get(name, NOTHING), server.state
    path = project.path_of(name)
    uri = state.uri_of(path)
    is_open = str(path) in state.documents
    found = []
    for entry in view.entries:
        place = line_range(state, path, entry.line, project.ticks[name]) if is_open else None
        if place is None:  # its line is being edited, or not worth reading a file for
            place = types.Range(types.Position(entry.line - 1, 0), types.Position(entry.line - 1, 0))
        found.append(
            {
                "uri": uri,
                "range": {"start": _plain(place.start), "end": _plain(place.end)},
                "name": entry.name,
                "status": shown_status(project, entry),
                "states": entry.states,
                "traces": entry.traces,
                "milliseconds": entry.milliseconds,
                "findings": [finding.fingerprint for finding in entry.findings],
            }
        )
    return found


def _overall(server: KrepisServer) -> dict[str, Any]:
    projects = server.state.projects.values()
    running = [p.progress for p in projects if p.phase == "running" and p.progress is not None]
    return {
        "running": any(p.phase in ("queued", "running") for p in projects),
        "done": sum(progress.done for progress in running),
        "total": sum(progress.total for progress in running),
        "version": installed_version(),
    }


def _plain(position: types.Position) -> dict[str, int]:
    return {"line": position.line, "character": position.character}


def shown_status(project: Project, entry: EntryStatus) -> str:
    """The verdict, or what became of it since."""
    if entry.file not in project.waiting:
        return entry.verdict
    if project.phase == "running" and entry.file in project.running:
        return "running"
    return "queued" if project.phase in ("queued", "running") else "stale"
