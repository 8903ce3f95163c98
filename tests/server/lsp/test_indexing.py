"""The index of a workspace follows what is saved while an editor has it open."""

from __future__ import annotations

import asyncio
import subprocess

import pytest
from conftest import SAFE, SERVER, WAIT_S, Editor, start
from krepis.server.store import Store
from lsprotocol import types

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")]


async def test_what_is_saved_or_changed_outside_is_in_the_index(editor: Editor) -> None:
    editor.write("wallet.ts", SAFE)
    editor.write("gone.ts", SAFE.replace("Wallet", "Purse"))
    subprocess.run([SERVER[0], "index"], cwd=editor.folder, check=True, capture_output=True)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", SAFE)
    await editor.settled()

    async def known(name: str, count: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while True:
                with Store.open(editor.folder / ".krepis" / "index") as store:
                    if len(store.symbol(name)) == count:
                        return
                await asyncio.sleep(0.1)

    editor.change(uri, 2, ((0, 0), (0, 0), "export function later(): void {}\n"))
    await editor.settled()
    await known("later", 0)  # not saved yet
    editor.write("wallet.ts", "export function later(): void {}\n" + SAFE)
    editor.client.text_document_did_save(types.DidSaveTextDocumentParams(types.TextDocumentIdentifier(uri)))
    await known("later", 1)
    await editor.changed_outside("gone.ts", None)
    await known("Purse", 0)
    await editor.changed_outside("new.ts", SAFE.replace("Wallet", "Chest"))
    await known("Chest", 1)
