"""A real server process and a real client, over stdio or TCP, with the capabilities of real editors."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from lsprotocol import types
from lsprotocol.converters import get_converter
from pytest_lsp import LanguageClient, make_test_lsp_client

CLIENTS = Path(__file__).parent / "clients"
SERVER = [str(Path(sys.executable).parent / "krepis"), "lsp"]
WAIT_S = 30

RACY = """\
export class Wallet {
  private cents = 0;
  constructor(private readonly bank: { check(n: number): Promise<boolean> }) {}
  async add(n: number): Promise<void> {
    const before = this.cents;
    await this.bank.check(n);
    this.cents = before + n;
  }
}
"""
SAFE = RACY.replace("this.cents = before + n", "this.cents += n")


def capabilities(name: str) -> types.ClientCapabilities:
    """The recorded capabilities of an editor."""
    recorded = json.loads((CLIENTS / f"{name}.json").read_text(encoding="utf-8"))
    return get_converter().structure(recorded, types.ClientCapabilities)


class Editor:
    """A client with what the tests ask of it."""

    def __init__(self, client: LanguageClient, folder: Path) -> None:
        self.client, self.folder = client, folder
        self.statuses: list[Any] = []
        self.refreshed = asyncio.Event()
        self.told: dict[str, list[Any]] = {}
        client.feature("krepis/statusChanged")(lambda params: self._status_changed(params))

    def _status_changed(self, params: Any) -> None:
        self.statuses.append(params)
        for file in params.files:
            self.told[file.uri] = file.entryPoints

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def write(self, name: str, text: str) -> str:
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(text.encode())
        return self.uri(name)

    def open(self, name: str, text: str, version: int = 1) -> str:
        uri = self.uri(name)
        item = types.TextDocumentItem(uri, "typescript", version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return uri

    def change(self, uri: str, version: int, *edits: tuple[tuple[int, int], tuple[int, int], str]) -> None:
        changes = [
            types.TextDocumentContentChangePartial(types.Range(types.Position(*a), types.Position(*b)), text)
            for a, b, text in edits
        ]
        identifier = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, changes))

    async def request(self, method: str, params: Any) -> Any:
        return await self.client.protocol.send_request_async(method, params)

    async def status(self) -> Any:
        return await self.request("krepis/status", {})

    async def settled(self, ready: Callable[[Any], bool] = lambda s: bool(s.entryPoints)) -> Any:
        """The status when nothing is being verified and `ready`."""
        async with asyncio.timeout(WAIT_S):
            while True:
                status = await self.status()
                if not status.running and ready(status) and all(e.status != "stale" for e in status.entryPoints):
                    return status
                await asyncio.sleep(0.05)

    async def eventually(self, ready: Callable[[Any], bool]) -> Any:
        """The status as soon as it is `ready`."""
        async with asyncio.timeout(WAIT_S):
            while not ready(status := await self.status()):
                await asyncio.sleep(0.05)
        return status

    async def command(self, name: str, *arguments: Any) -> Any:
        params = types.ExecuteCommandParams(name, list(arguments))
        return await self.client.workspace_execute_command_async(params)

    async def changed_outside(self, name: str, text: str | None) -> str:
        """A file is written or deleted by somebody else; clients that watch files say so."""
        kind = types.FileChangeType.Changed
        if text is None:
            (self.folder / name).unlink()
            kind = types.FileChangeType.Deleted
        else:
            self.write(name, text)
        if self.client.name == "vscode":  # type: ignore[attr-defined]
            change = types.FileEvent(self.uri(name), kind)
            self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
        return self.uri(name)

    async def diagnostics(self, uri: str) -> list[types.Diagnostic]:
        """Pulled."""
        report = await self.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        )
        return list(report.items)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty workspace."""
    place = tmp_path / "work"
    place.mkdir()
    return place


async def connect(transport: str) -> LanguageClient:
    """A client of a new server."""
    client = make_test_lsp_client()
    if transport == "stdio":
        await client.start_io(*SERVER)
    else:
        process = await asyncio.create_subprocess_exec(
            *SERVER, "--tcp", "0", stderr=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL
        )
        assert process.stderr is not None
        line = (await process.stderr.readline()).decode()
        client.process = process  # type: ignore[attr-defined]
        await client.start_tcp("127.0.0.1", int(line.rpartition(":")[2]))
    return client


@pytest_asyncio.fixture(params=[("stdio", "vscode"), ("tcp", "vscode"), ("stdio", "neovim")], ids="-".join)
async def editor(request: pytest.FixtureRequest, folder: Path) -> AsyncIterator[Editor]:
    """An editor with an open workspace."""
    transport, name = request.param
    client = await connect(transport)
    session = Editor(client, folder)
    session.client.name = name  # type: ignore[attr-defined]
    yield session
    await client.shutdown_session()
    await client.stop()
    for process in (client._server, getattr(client, "process", None)):
        if process is not None:  # else its pipes are closed when the loop is gone
            process._transport.close()


async def start(session: Editor, name: str, options: Any = None) -> types.InitializeResult:
    """Opens the workspace as an editor does."""
    folders = [types.WorkspaceFolder(session.folder.as_uri(), "work")]
    return await session.client.initialize_session(
        types.InitializeParams(
            capabilities(name),
            workspace_folders=folders,
            root_uri=session.folder.as_uri(),
            initialization_options=options,
        )
    )
