"""Texts and positions as editors have them, and what happens between an edit and its result."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest
from conftest import RACY, SAFE, Editor, start
from lsprotocol import types

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")]


async def shown(editor: Editor, uri: str) -> list[types.Diagnostic]:
    """The diagnostics that the client has, pulled or pushed."""
    if editor.client.name == "vscode":
        return await editor.diagnostics(uri)
    await editor.status()  # what was pushed before this answer has arrived
    return list(editor.client.diagnostics.get(uri, ()))


@pytest.mark.parametrize(
    ("before", "line_end"),
    [
        ("const s = 'a\u2028b\u2029\u0085\x0b\x0c';\n", "\n"),
        ("// one\n", "\r\n"),
        ("// one\n", "\r"),
        ("/* 😀 */ const z = '字';\n", "\n"),
    ],
    ids=["U+2028", "CRLF", "CR", "astral"],
)
async def test_lines_and_columns_are_those_of_the_client(editor: Editor, before: str, line_end: str) -> None:
    text = (before + RACY).replace("this.cents = before", "/*😀é*/ this.cents = before").replace("\n", line_end)
    editor.write("wallet.ts", text)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", text)
    await editor.settled()
    (race,) = await shown(editor, uri)
    column = len("    /*😀é*/ ".encode() if editor.client.name == "neovim" else "    /*😀é*/ ") + (
        editor.client.name == "vscode"
    )
    assert race.range.start == types.Position(7, column)
    assert race.range.end == types.Position(7, column + len("this.cents = before + n"))
    edit = (race.range.start.line, column), (race.range.start.line, race.range.end.character), "this.cents += n"
    editor.change(uri, 2, edit)
    status = await editor.settled()
    assert [entry.status for entry in status.entryPoints] == ["verified"]
    assert await shown(editor, uri) == []


async def test_a_byte_order_mark_is_no_character_of_the_program(editor: Editor) -> None:
    editor.write("wallet.ts", "\ufeff" + RACY)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY)  # as editors do
    await editor.settled()
    (race,) = await shown(editor, uri)
    assert race.range == types.Range(types.Position(6, 4), types.Position(6, 27))


async def test_findings_move_with_their_lines_until_there_is_a_new_result(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name, {"verify": {"run": "manual"}})
    uri = editor.open("wallet.ts", RACY)
    await editor.settled()
    editor.change(uri, 2, ((0, 0), (0, 0), "// more\n// lines\n"))
    (race,) = await shown(editor, uri)
    assert race.range.start == types.Position(8, 4)
    lines = [step.location.range.start.line for step in race.related_information or ()]
    assert min(lines) == 5 and max(lines) == 8
    status = await editor.status()
    assert [(e.status, e.range.start.line) for e in status.entryPoints] == [("stale", 5)]
    editor.change(uri, 3, ((8, 4), (8, 4), "/**/"))
    assert await shown(editor, uri) == []
    await editor.request("workspace/executeCommand", types.ExecuteCommandParams("krepis.verifyFile", [uri]))
    await editor.settled()
    (race,) = await shown(editor, uri)
    assert race.range.start == types.Position(8, 8)


async def test_syntax_problems_are_said_at_once(editor: Editor) -> None:
    await start(editor, editor.client.name, {"verify": {"run": "manual"}})
    uri = editor.open("new.ts", "export const a = (;\n")
    (problem, *_) = await shown(editor, uri)
    assert problem.code == "krepis/syntax" and problem.range.start.line == 0
    editor.change(uri, 2, ((0, 17), (0, 18), "1"))
    assert await shown(editor, uri) == []


async def test_files_that_were_never_saved_are_verified(editor: Editor) -> None:
    editor.write("other.ts", SAFE)
    await start(editor, editor.client.name)
    uri = editor.open("new.ts", RACY)
    await editor.settled(lambda s: len(s.entryPoints) == 2)
    assert len(await shown(editor, uri)) == 1


async def test_a_killed_worker_is_started_again(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY)
    await editor.settled()
    for pid in _workers():
        os.kill(pid, signal.SIGKILL)
    editor.change(uri, 2, ((0, 0), (9, 0), SAFE))
    status = await editor.settled()
    assert [entry.status for entry in status.entryPoints] == ["verified"]


def _workers() -> list[int]:
    """The verifiers of this test's server: descendants of this process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                grand = int(Path(f"/proc/{parent}/stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if b"krepis.server.lsp._worker" in words and os.getpid() in (parent, grand):
                found.append(int(entry.name))
    assert found
    return found


async def test_files_that_change_outside_are_verified_again(editor: Editor) -> None:
    uri = editor.write("wallet.ts", SAFE)
    await start(editor, editor.client.name)
    await editor.settled()
    editor.write("wallet.ts", RACY)
    if editor.client.name == "vscode":
        changes = [types.FileEvent(uri, types.FileChangeType.Changed)]
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
    await editor.settled(lambda s: any(e.status == "failed" for e in s.entryPoints))
    (editor.folder / "wallet.ts").unlink()
    if editor.client.name == "vscode":
        changes = [types.FileEvent(uri, types.FileChangeType.Deleted)]
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(changes))
    await editor.settled(lambda s: not s.entryPoints)


async def test_folders_come_and_go(editor: Editor, tmp_path: Path) -> None:
    await start(editor, editor.client.name)
    other = tmp_path / "other"
    other.mkdir()
    (other / "wallet.ts").write_text(RACY)
    folder = types.WorkspaceFolder(other.as_uri(), "other")
    await asyncio.sleep(0.2)
    change = editor.client.workspace_did_change_workspace_folders
    change(types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent([folder], [])))
    await editor.settled()
    uri = (other / "wallet.ts").as_uri()
    assert len(await shown(editor, uri)) == 1
    change(types.DidChangeWorkspaceFoldersParams(types.WorkspaceFoldersChangeEvent([], [folder])))
    await editor.settled(lambda s: not s.entryPoints)
    assert await shown(editor, uri) == []


async def test_a_program_of_a_hostile_workspace_is_never_run(editor: Editor) -> None:
    bait = "open({!r}, 'w').write('run')\n".format(str(editor.folder / "run"))
    for name in ("json.py", "pickle.py", "sitecustomize.py", "usercustomize.py", "krepis.py", "os.py", "lmdb.py"):
        editor.write(name, bait)
    editor.write(".env", "PYTHONPATH=.\n")
    editor.write("package.json", '{"scripts": {"prepare": "touch run"}}')
    editor.write("krepis.config.js", "require('fs').writeFileSync('run', '')")
    editor.write("wallet.ts", "require('fs').writeFileSync('run', '');\n" + RACY)
    await start(editor, editor.client.name)
    await editor.settled()
    assert not (editor.folder / "run").exists()


async def test_all_fixes_of_a_file_are_applied_together(editor: Editor) -> None:
    second = RACY.replace("Wallet", "Purse")
    editor.write("wallet.ts", RACY + second)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY + second)
    await editor.settled()
    assert len(await shown(editor, uri)) == 2
    whole = types.Range(types.Position(0, 0), types.Position(0, 0))
    context = types.CodeActionContext([], only=["source.fixAll.krepis"])
    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(types.TextDocumentIdentifier(uri), whole, context)
    )
    (action,) = actions or ()
    assert isinstance(action, types.CodeAction) and action.kind == "source.fixAll.krepis" and action.edit is not None
    if action.edit.document_changes is not None:
        (change,) = action.edit.document_changes
        assert isinstance(change, types.TextDocumentEdit) and change.text_document.version == 1
        (edit,) = change.edits
    else:
        (edit,) = (action.edit.changes or {})[uri]
    assert isinstance(edit, types.TextEdit)
    a, b = edit.range.start, edit.range.end
    editor.change(uri, 2, ((a.line, a.character), (b.line, b.character), edit.new_text))
    status = await editor.settled(lambda s: len(s.entryPoints) == 2)
    assert [entry.status for entry in status.entryPoints] == ["verified", "verified"]
    assert await shown(editor, uri) == []
