"""`krepis-trace:` documents: a finding with its interleaving as text, for clients that show documents of a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from krepis.server.lsp.document import content
from krepis.server.lsp.state import Project, State
from krepis.twin.findings import Finding
from krepis.twin.report import finding_text
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

SCHEME: Final = "krepis-trace"


def trace_uri(finding: Finding) -> str:
    """The name of the document of a finding."""
    return f"{SCHEME}:/{finding.fingerprint}.txt"


def trace(server: KrepisServer, params: types.TextDocumentContentParams) -> types.TextDocumentContentResult:
    """workspace/textDocumentContent."""
    scheme, _, name = params.uri.partition(":")
    if scheme != SCHEME:
        raise JsonRpcInvalidParams(f"no document is called {params.uri}")
    located = server.state.located(name.strip("/").removesuffix(".txt"))
    if located is None:
        return types.TextDocumentContentResult("This finding is gone: the code has changed, or was fixed.\n")
    return types.TextDocumentContentResult(_text(server.state, *located))


def _text(state: State, project: Project, finding: Finding) -> str:
    def lines(name: str) -> tuple[str, ...]:
        doc = state.document_at(project.path_of(name))
        return tuple(content(line).decode("utf-8", "replace") for line in doc.lines) if doc is not None else ()

    return finding_text(finding, lines)
