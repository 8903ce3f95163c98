"""What goes over the wire: requests of all kinds, settings, cancelling, and messages that make no sense."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest
from conftest import RACY, SAFE, SERVER, WAIT_S, Editor, start
from lsprotocol import types
from pygls.exceptions import JsonRpcException, JsonRpcInvalidParams, JsonRpcRequestCancelled
from test_ending import message

ENDLESS = "\n".join(
    f"export async function f{i}(id: string): Promise<void> {{ const a = m.get(id) ?? 0; await fetch(id);"
    f" m.set(id, a + {i}); await fetch(id); n.set(id, a); }}"
    for i in range(30)
).join(("const m = new Map<string, number>();\nconst n = new Map<string, number>();\n", "\n"))

wire = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")
asks = pytest.mark.parametrize("editor", [("stdio", "vscode"), ("tcp", "vscode")], ids="-".join, indirect=True)
"""Of those that ask for diagnostics; others are told."""


@wire
@pytest.mark.asyncio
async def test_hover_tells_the_interleaving_and_the_verdict(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY)
    await editor.settled()

    async def hover(line: int, character: int) -> types.Hover | None:
        place = types.TextDocumentIdentifier(uri), types.Position(line, character)
        return await editor.client.text_document_hover_async(types.HoverParams(*place))

    finding = await hover(6, 8)
    assert finding is not None and isinstance(finding.contents, types.MarkupContent)
    assert finding.contents.kind == types.MarkupKind.Markdown
    assert "| A: Wallet\\.add\\(n\\) | B: Wallet\\.add\\(n\\) |" in finding.contents.value
    assert f"]({uri}#L5)" in finding.contents.value
    entry = await hover(3, 10)
    assert entry is not None and isinstance(entry.contents, types.MarkupContent)
    assert entry.contents.value.startswith("**Wallet\\.add**: 1 interleaving loses an update")
    assert await hover(0, 0) is None and await hover(99, 0) is None


@wire
@pytest.mark.asyncio
async def test_a_verified_fix_is_resolved_for_the_version_that_it_was_made_for(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY)
    await editor.settled()

    async def fixes() -> list[types.CodeAction]:
        line = types.Range(types.Position(6, 0), types.Position(6, 30))
        context = types.CodeActionContext([], trigger_kind=types.CodeActionTriggerKind.Invoked)
        params = types.CodeActionParams(types.TextDocumentIdentifier(uri), line, context)
        found = await editor.client.text_document_code_action_async(params)
        return [a for a in found or () if isinstance(a, types.CodeAction) and a.data and "repair" in a.data]

    first, *_ = await fixes()
    assert first.is_preferred and first.edit is None
    resolved = await editor.client.code_action_resolve_async(first)
    assert resolved.edit is not None and (resolved.edit.document_changes or resolved.edit.changes)
    editor.change(uri, 2, ((0, 0), (0, 0), "// more\n"))
    with pytest.raises(JsonRpcException, match="edited since"):
        await editor.client.code_action_resolve_async(first)


@wire
@pytest.mark.asyncio
async def test_commands(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    started = await start(editor, editor.client.name)
    announced = started.capabilities.execute_command_provider
    assert announced is not None and "krepis.verifyFile" in announced.commands
    assert "krepis.showTimeline" not in announced.commands  # clients have it themselves
    uri = editor.open("wallet.ts", RACY)
    (entry,) = (await editor.settled()).entryPoints
    shown = await editor.command("krepis.showTimeline", uri, entry.findings[0])
    assert (shown["kind"], shown["uri"]) == ("lost-update", uri)
    with pytest.raises(JsonRpcInvalidParams, match="no such command"):
        await editor.command("krepis.nothing")
    with pytest.raises(JsonRpcInvalidParams, match="takes 1 strings"):
        await editor.command("krepis.verifyFile", 7)
    with pytest.raises(JsonRpcInvalidParams, match="with a reason"):
        await editor.command("krepis.suppress", uri, entry.findings[0], " ")
    asked: list[types.ApplyWorkspaceEditParams] = []

    @editor.client.feature(types.WORKSPACE_APPLY_EDIT)
    def apply(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        asked.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    assert await editor.command("krepis.suppress", uri, entry.findings[0], "only one\ncaller") is True
    assert "// krepis-ignore lost-update: only one caller" in str(asked[0].edit)
    assert await editor.command("krepis.clearCache") is None
    assert [e.status for e in (await editor.settled()).entryPoints] == ["failed"]


@asks
@wire
@pytest.mark.asyncio
async def test_a_question_about_the_workspace_is_answered_when_there_is_news(editor: Editor) -> None:
    uri = editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)

    async def ask(known: list[types.PreviousResultId]) -> types.WorkspaceDiagnosticReport:
        return await editor.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams(known))

    (report,) = (await ask([])).items
    assert report.uri == uri and isinstance(report, types.WorkspaceFullDocumentDiagnosticReport)
    assert [d.code for d in report.items] == ["krepis/race/lost-update"] and report.result_id
    await editor.settled()
    waiting = asyncio.ensure_future(ask([types.PreviousResultId(uri, report.result_id)]))
    await editor.status()  # which was answered after the question was taken in
    assert not waiting.done()
    await editor.changed_outside("wallet.ts", SAFE)
    (report,) = (await waiting).items
    async with asyncio.timeout(WAIT_S):
        while isinstance(report, types.WorkspaceFullDocumentDiagnosticReport) and report.items:
            assert report.result_id  # its lines have changed already, the verdict has not
            (report,) = (await ask([types.PreviousResultId(uri, report.result_id)])).items


@wire
@pytest.mark.asyncio
async def test_settings_are_asked_for_and_asked_for_again(editor: Editor) -> None:
    settings: dict[str, Any] = {"rules": {"lost-update": "off"}}
    editor.client.set_configuration(settings, section="krepis")
    uri = editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    status = await editor.settled()
    assert [(e.status, e.findings) for e in status.entryPoints] == [("verified", [])]
    settings = {"rules": {"lost-update": "warning"}}
    editor.client.set_configuration(settings, section="krepis")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"krepis": settings}))
    await editor.eventually(lambda s: [e.status for e in s.entryPoints] == ["failed"])
    if editor.client.name == "vscode":
        assert [d.severity for d in await editor.diagnostics(uri)] == [types.DiagnosticSeverity.Warning]


@wire
@pytest.mark.asyncio
async def test_a_long_verification_can_be_cancelled_where_it_is_shown(editor: Editor) -> None:
    reports = editor.client.progress_reports
    for i in range(6):
        editor.write(f"endless{i}.ts", ENDLESS)
    await start(editor, editor.client.name)
    async with asyncio.timeout(WAIT_S):
        while not reports:
            await asyncio.sleep(0.02)
    (token,) = reports
    assert isinstance(token, str)
    editor.client.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    status = await editor.eventually(lambda s: not s.running)
    assert all(entry.status == "stale" or entry.states for entry in status.entryPoints)
    await editor.command("krepis.verifyWorkspace")
    assert (await editor.status()).running or await editor.eventually(lambda s: s.running)


@asks
@wire
@pytest.mark.asyncio
async def test_a_request_that_is_cancelled_is_answered_as_cancelled(editor: Editor) -> None:
    editor.write("wallet.ts", SAFE)
    await start(editor, editor.client.name)
    await editor.settled()
    protocol = editor.client.protocol
    asked = protocol.send_request(types.WORKSPACE_DIAGNOSTIC, types.WorkspaceDiagnosticParams([]))
    number = next(key for key, future in protocol._request_futures.items() if future is asked)
    editor.client.cancel_request(types.CancelParams(number))
    with pytest.raises(JsonRpcRequestCancelled):
        await asyncio.wait_for(asyncio.wrap_future(asked), WAIT_S)
    assert (await editor.status()).version  # and goes on


@contextmanager
def raw(folder: Path, process_id: int | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A server after its handshake."""
    with subprocess.Popen(SERVER, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as server:
        params = {"processId": process_id, "rootUri": folder.as_uri(), "capabilities": {}}
        send(server, message("initialize", params, 1), message("initialized"))
        assert answer(server, 1)["result"]
        try:
            yield server
        finally:
            server.kill()


def send(server: subprocess.Popen[bytes], *messages: bytes) -> None:
    assert server.stdin is not None
    server.stdin.write(b"".join(messages))
    server.stdin.flush()


def framed(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def received(stream: IO[bytes]) -> dict[str, Any]:
    length = 0
    while line := stream.readline().strip():
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    found = json.loads(stream.read(length))
    assert isinstance(found, dict)
    return found


def answer(server: subprocess.Popen[bytes], number: int | None) -> dict[str, Any]:
    """The next answer with this number."""
    assert server.stdout is not None
    while "method" in (found := received(server.stdout)) or found["id"] != number:
        pass
    return found


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", -32700),
        (b"\xff\xfe", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b'{"jsonrpc": "1.0", "id": 7, "method": "x"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 7.5, "method": "x"}', -32600),
        (b'{"jsonrpc": "2.0", "id": null}', -32600),
        (b'{"jsonrpc": "2.0", "id": null, "method": 3}', -32600),
    ],
)
def test_a_message_that_makes_no_sense_is_refused_and_the_next_is_answered(
    folder: Path, body: bytes, code: int
) -> None:
    with raw(folder) as server:
        send(server, framed(body))
        assert answer(server, None)["error"]["code"] == code
        send(server, message("krepis/status", {}, 2))
        assert answer(server, 2)["result"]["entryPoints"] == []


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("textDocument/hover", {"textDocument": 5}, -32602),
        ("textDocument/hover", None, -32602),
        ("no/such/method", {}, -32601),
        ("initialize", {"processId": None, "rootUri": None, "capabilities": {}}, -32600),
    ],
)
def test_a_request_that_cannot_be_answered_says_why(folder: Path, method: str, params: Any, code: int) -> None:
    with raw(folder) as server:
        body = {"jsonrpc": "2.0", "id": 2, "method": method} | ({} if params is None else {"params": params})
        send(server, framed(json.dumps(body).encode()))
        assert answer(server, 2)["error"]["code"] == code
        send(server, message("krepis/status", {}, 3))
        assert answer(server, 3)["result"]


def test_notifications_that_make_no_sense_are_survived(folder: Path) -> None:
    text = {"uri": (folder / "a.ts").as_uri(), "version": 2}
    far = {"start": {"line": 9, "character": 9}, "end": {"line": 2, "character": 0}}
    with raw(folder) as server:
        send(
            server,
            message("textDocument/didChange", {"textDocument": text, "contentChanges": [{"range": far, "text": "x"}]}),
            message("textDocument/didClose", {"textDocument": text}),
            message("textDocument/didOpen", {"textDocument": {"uri": "untitled:1"}}),
            message("$/unknown", {"a": 1}),
            message("krepis/status", {}, 2),
        )
        assert answer(server, 2)["result"]["entryPoints"] == []


@pytest.mark.parametrize("header", [b"Content-Length: -1\r\n\r\n", b"Content-Length: x\r\n\r\n", b"Nothing: 1\r\n\r\n"])
def test_a_stream_that_nobody_can_follow_ends_the_connection(folder: Path, header: bytes) -> None:
    with raw(folder) as server:
        send(server, header)
        assert server.wait(WAIT_S) == 1
        assert server.stderr is not None and b"the connection cannot go on" in server.stderr.read()


def test_the_server_ends_when_the_editor_has_gone(folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as editor:
        try:
            with raw(folder, editor.pid) as server:
                send(server, message("krepis/status", {}, 2))
                assert answer(server, 2)["result"]
                editor.kill()
                editor.wait()
                assert server.wait(WAIT_S) == 1
        finally:
            editor.kill()


@pytest.mark.parametrize("name", ["/dev/null", __file__])
def test_an_input_that_is_no_pipe_is_refused(name: str) -> None:
    with Path(name).open("rb") as stdin:
        done = subprocess.run(SERVER, stdin=stdin, capture_output=True, timeout=WAIT_S, check=False)
    assert done.returncode == 2 and done.stdout == b""
    assert b"cannot talk over stdin and stdout, which an editor connects" in done.stderr
    assert b"Traceback" not in done.stderr
