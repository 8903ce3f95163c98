"""Krepis's own requests: `krepis/timeline`, `krepis/status` and its notification `krepis/statusChanged`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krepis.server.lsp.convert import finding_json, line_range
from krepis.server.version import installed_version
from lsprotocol import types
from lsprotocol.converters import get_converter
from pygls.exceptions import JsonRpcInvalidParams

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer
    from krepis.server.lsp.state import Project
    from krepis.server.lsp.status import EntryStatus

_converter = get_converter()


def timeline(server: KrepisServer, params: Any) -> dict[str, Any] | None:
    """krepis/timeline: the finding with this fingerprint, with all that is needed to draw it; null if it is gone."""
    fingerprint = getattr(params, "fingerprint", None)
    if not isinstance(fingerprint, str):
        raise JsonRpcInvalidParams("krepis/timeline takes {uri, fingerprint}")
    located = server.state.located(fingerprint)
    return finding_json(server.state, *located) if located is not None else None


def status(server: KrepisServer, _params: Any) -> dict[str, Any]:
    """krepis/status: every entry point, and what is being done."""
    state = server.state
    points = []
    for project in state.projects.values():
        for entry in project.entries:
            path = project.path_of(entry.file)
            place = line_range(state, project, path, entry.line)
            if place is None:  # its line is being edited
                place = types.Range(types.Position(entry.line - 1, 0), types.Position(entry.line - 1, 0))
            points.append(
                {
                    "uri": state.uri_of(path),
                    "range": _converter.unstructure(place),
                    "name": entry.name,
                    "status": shown_status(project, entry),
                    "states": entry.states,
                    "traces": entry.traces,
                    "milliseconds": entry.milliseconds,
                    "findings": [finding.fingerprint for finding in entry.findings],
                }
            )
    running = [p.progress for p in state.projects.values() if p.phase == "running" and p.progress is not None]
    return {
        "entryPoints": points,
        "running": any(p.phase in ("queued", "running") for p in state.projects.values()),
        "done": sum(progress.done for progress in running),
        "total": sum(progress.total for progress in running),
        "version": installed_version(),
    }


def shown_status(project: Project, entry: EntryStatus) -> str:
    """The verdict, or what became of it since."""
    if project.phase == "failed":  # the verification itself: the verdict is an old one
        return "stale"
    return entry.verdict if project.phase == "done" else project.phase
