"""Inlay hints, workspace symbols, and the documents of interleavings."""

from __future__ import annotations

import pytest
from conftest import RACY, SAFE, Editor, capabilities, start
from krepis.server.lsp import trees
from krepis.server.lsp.document import document
from krepis.server.lsp.features.inlay_hints import suspension_points
from lsprotocol import types

wire = pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")


@pytest.mark.parametrize(
    "marked",
    [
        "async function f() { const a = await g()|; await (async () => { await h()| })()|; return a }",
        "async function f(xs) { for await| (const x of xs) { await x| } for (const y of xs) y() }",
        "async function* f() { yield 1|; yield* g()|; function* h() { yield 2 } }",
        "class A { async *f() { yield 1| } *g() { yield 2 } }",
        "const f = async () => await g()|",
        "// await nothing\nconst s = 'await'",
        "async function f( { await",
    ],
)
def test_suspension_points(marked: str) -> None:
    text = marked.replace("|", "")
    expected = [len(part) for part in marked.split("|")[:-1]]
    offsets = [sum(expected[: i + 1]) for i in range(len(expected))]
    tree = trees.parse(document(text), "typescript")
    assert [*suspension_points(tree, "typescript", 0, len(text))] == offsets


@wire
@pytest.mark.asyncio
async def test_suspension_points_are_marked_where_the_setting_says_so(editor: Editor) -> None:
    text = RACY.replace("    await", "    /* 😀 */ await")
    editor.write("wallet.ts", text)
    editor.client.set_configuration({"editor": {"inlayHints": True}}, section="krepis")
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", text)
    await editor.settled()
    asked = types.InlayHintParams(
        types.TextDocumentIdentifier(uri), types.Range(types.Position(0, 0), types.Position(9, 0))
    )
    (hint,) = await editor.client.text_document_inlay_hint_async(asked) or ()
    wide = {"vscode": 2, "neovim": 4}[editor.client.name]
    assert (hint.label, hint.position) == ("⇄", types.Position(5, len("    /*  */ await this.bank.check(n)") + wide))
    asked.range.end = types.Position(5, 0)
    assert not await editor.client.text_document_inlay_hint_async(asked)
    editor.client.set_configuration({}, section="krepis")
    editor.client.workspace_did_change_configuration(types.DidChangeConfigurationParams({"krepis": {}}))
    asked.range.end = types.Position(9, 0)
    while await editor.client.text_document_inlay_hint_async(asked):
        pass


@wire
@pytest.mark.asyncio
async def test_entry_points_are_found_by_name_with_their_verdicts(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    editor.write("purse.ts", SAFE.replace("Wallet", "Purse"))
    await start(editor, editor.client.name)
    await editor.settled(lambda s: len(s.entryPoints) == 2)

    async def found(query: str) -> list[tuple[str, str | None]]:
        symbols = await editor.client.workspace_symbol_async(types.WorkspaceSymbolParams(query))
        return [(s.name, s.container_name) for s in symbols or ()]

    (purse, wallet) = await found("")
    assert purse[0] == "Purse.add" and (purse[1] or "").startswith("verified · ")
    assert wallet == ("Wallet.add", "1 interleaving loses an update")
    assert await found("wad") == [wallet] and await found("addw") == []


@wire
@pytest.mark.asyncio
async def test_an_interleaving_is_a_document(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    started = await start(editor, editor.client.name)
    workspace = started.capabilities.workspace
    assert workspace is not None
    if capabilities(editor.client.name).workspace.text_document_content is not None:  # type: ignore[union-attr]
        assert workspace.text_document_content is not None
        assert list(workspace.text_document_content.schemes) == ["krepis-trace"]
    else:
        assert workspace.text_document_content is None
    (entry,) = (await editor.settled()).entryPoints

    async def text(uri: str) -> str:
        return (await editor.client.workspace_text_document_content_async(types.TextDocumentContentParams(uri))).text

    shown = await text(f"krepis-trace:/{entry.findings[0]}.txt")
    assert shown.startswith("error[krepis/race/lost-update]: ") and "this.cents = before + n" in shown
    assert "is gone" in await text("krepis-trace:/0.txt")
