"""From edits of texts to LSP workspace edits, and the edit that suppresses a finding."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from krepis.server.lsp.capabilities import Client
from krepis.server.lsp.document import Document, content, point_at
from krepis.server.lsp.state import BOM, Project, State
from krepis.server.suppress import WORD
from krepis.twin.edits import Edit
from krepis.twin.findings import Finding
from lsprotocol import types


def workspace_edit(state: State, client: Client, edits: Iterable[Edit]) -> types.WorkspaceEdit:
    """Edits of current texts, whose offsets count code points, as the client takes them."""
    by_path: dict[Path, list[types.TextEdit]] = {}
    for edit in edits:
        doc = state.document_at(edit.path)
        if doc is not None:
            place = types.Range(_position(doc, edit.start, state), _position(doc, edit.end, state))
            by_path.setdefault(edit.path, []).append(types.TextEdit(place, edit.text))
    if not client.document_changes:
        return types.WorkspaceEdit(changes={state.uri_of(path): found for path, found in by_path.items()})
    changes: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, found in by_path.items():
        opened = state.documents.get(str(path))
        version = opened.doc.version if opened is not None else None
        identifier = types.OptionalVersionedTextDocumentIdentifier(state.uri_of(path), version)
        changes.append(types.TextDocumentEdit(identifier, list(found)))
    return types.WorkspaceEdit(document_changes=changes)


def with_new_files(
    state: State, client: Client, files: Iterable[tuple[Path, str]], edits: Iterable[Edit]
) -> types.WorkspaceEdit | None:
    """New files and edits as one change; None when the client cannot create files."""
    if not client.creates_files:
        return None
    edit = workspace_edit(state, client, edits)
    made: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for path, text in files:
        uri = state.uri_of(path)
        made.append(types.CreateFile(uri))
        start = types.Range(types.Position(0, 0), types.Position(0, 0))
        identifier = types.OptionalVersionedTextDocumentIdentifier(uri, None)
        made.append(types.TextDocumentEdit(identifier, [types.TextEdit(start, text)]))
    return types.WorkspaceEdit(document_changes=[*made, *(edit.document_changes or ())])


def _position(doc: Document, offset: int, state: State) -> types.Position:
    offset += doc.text.startswith(BOM)  # which the verifier does not see
    size = len(doc.text[:offset].encode("utf-8", "surrogatepass"))
    return types.Position(*point_at(doc, size, state.encoding))


def suppression(state: State, project: Project, finding: Finding, reason: str) -> Edit | None:
    """A comment above the finding's line that silences it; None when the line was edited since."""
    path = project.path_of(finding.file)
    line = state.line_now(path, finding.line - 1, project.ticks[finding.file])
    doc = state.document_at(path)
    if line is None or doc is None or line >= len(doc.lines):
        return None
    text = content(doc.lines[line])
    indent = text[: len(text) - len(text.lstrip())].decode("utf-8", "surrogatepass")
    end = doc.lines[line][len(text) :].decode() or "\n"
    words = " ".join(reason.split())
    start = len(b"".join(doc.lines[:line]).decode("utf-8", "surrogatepass").removeprefix(BOM))
    return Edit(path, start, start, f"{indent}// {WORD} {finding.kind}: {words}{end}")
