"""Workspace symbols: the entry points, with their verdicts, which nobody else knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from krepis.server.lsp.convert import line_range
from krepis.server.lsp.features.status import shown_status
from krepis.server.lsp.status import EntryStatus, title
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

MAX_SYMBOLS: Final = 500


def workspace_symbols(server: KrepisServer, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
    """workspace/symbol."""
    found = sorted(_matching(server, params.query), key=lambda item: (len(item[1].name), item[1].name, item[0].uri))
    return [
        types.WorkspaceSymbol(place, entry.name, types.SymbolKind.Function, container_name=words)
        for place, entry, words in found[:MAX_SYMBOLS]
    ]


def _matching(server: KrepisServer, query: str) -> Iterator[tuple[types.Location, EntryStatus, str]]:
    state = server.state
    for project in state.projects.values():
        for name, view in project.views.items():
            for entry in view.entries:
                if not _matches(query, entry.name):
                    continue
                path = project.path_of(name)
                place = (
                    line_range(state, path, entry.line, project.ticks[name]) if str(path) in state.documents else None
                )
                start = types.Position(entry.line - 1, 0)
                status = shown_status(project, entry)
                words = title(entry) if status == entry.verdict else status
                yield types.Location(state.uri_of(path), place or types.Range(start, start)), entry, words


def _matches(query: str, name: str) -> bool:
    """Whether the characters of `query` are in `name` in that order, whatever their case."""
    rest = iter(name.casefold())
    return all(character in rest for character in query.casefold() if not character.isspace())
