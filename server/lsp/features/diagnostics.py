"""Diagnostics: asked for by document and by workspace, or pushed to clients that cannot ask.

Result ids are digests, so a client that asks again for what it has gets "unchanged". A question about the workspace
to which there is nothing new is answered when there is: clients ask again as soon as they have an answer, and an
idle editor should not keep a server busy.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

from krepis.server.lsp.convert import diagnostics_of, digest
from krepis.server.lsp.state import key_of, path_of
from lsprotocol import types

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

IDENTIFIER: Final = "krepis"


def document_diagnostics(
    server: KrepisServer, params: types.DocumentDiagnosticParams
) -> types.RelatedFullDocumentDiagnosticReport | types.RelatedUnchangedDocumentDiagnosticReport:
    """textDocument/diagnostic."""
    uri = params.text_document.uri
    items = diagnostics_of(server.state, server.client, path_of(uri), server.state.find(uri))
    result_id = digest(items)
    if result_id == params.previous_result_id:
        return types.RelatedUnchangedDocumentDiagnosticReport(result_id)
    return types.RelatedFullDocumentDiagnosticReport(items, result_id=result_id)


async def workspace_diagnostics(
    server: KrepisServer, params: types.WorkspaceDiagnosticParams
) -> types.WorkspaceDiagnosticReport:
    """workspace/diagnostic: holds until something differs from what the client has."""
    known = {key_of(previous.uri): previous for previous in params.previous_result_ids}
    while True:
        news = _news(server, known)
        if news:
            break
        await server.changed()
    if params.partial_result_token is None:
        return types.WorkspaceDiagnosticReport(news)
    server.report_partial(params.partial_result_token, types.WorkspaceDiagnosticReportPartialResult(news))
    return types.WorkspaceDiagnosticReport([])  # what was streamed is not said twice


Report = types.WorkspaceFullDocumentDiagnosticReport


def _news(server: KrepisServer, known: Mapping[str, types.PreviousResultId]) -> list[Report]:
    state = server.state
    paths = {str(path): path for path in state.paths_with_findings()} | {
        key: path_of(p.uri) for key, p in known.items()
    }
    news = []
    for key, path in sorted(paths.items()):
        opened = state.documents.get(key)
        items = diagnostics_of(state, server.client, path, opened)
        result_id = digest(items)
        previous = known.get(key)
        if previous is not None and previous.value == result_id:
            continue
        uri = previous.uri if previous is not None else state.uri_of(Path(key))
        version = opened.doc.version if opened is not None else None
        news.append(Report(uri, items, version=version, result_id=result_id))
    return news


def push(server: KrepisServer, only: Path | None = None) -> None:
    """Sends the diagnostics of all files, or of one, that differ from what was sent last."""
    state = server.state
    paths = {only} if only is not None else {*state.paths_with_findings(), *map(Path, server.pushed), *_opened(server)}
    for path in paths:
        opened = state.documents.get(str(path))
        items = diagnostics_of(state, server.client, path, opened)
        mark = digest(items)
        if server.pushed.get(str(path), _NOTHING) == mark:
            continue
        server.pushed[str(path)] = mark
        version = opened.doc.version if opened is not None else None
        server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(state.uri_of(path), items, version=version)
        )


def _opened(server: KrepisServer) -> set[Path]:
    return {opened.path for opened in server.state.documents.values() if opened.path is not None}


_NOTHING: Final = digest([])
