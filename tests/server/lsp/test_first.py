"""What an editor sees when it opens a workspace with a race, over every transport."""

from __future__ import annotations

import asyncio
import json
import subprocess

import pytest
from conftest import RACY, SAFE, SERVER, Editor, start
from lsprotocol import types

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")]


async def findings(editor: Editor, uri: str) -> list[types.Diagnostic]:
    """The diagnostics that the client has, pulled or pushed."""
    if editor.client.name == "vscode":
        return await editor.diagnostics(uri)
    await asyncio.sleep(0.2)
    return list(editor.client.diagnostics.get(uri, ()))


async def test_a_race_is_shown_with_its_interleaving(editor: Editor) -> None:
    uri = editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    editor.open("wallet.ts", RACY)
    status = await editor.settled()
    (entry,) = status.entryPoints
    assert (entry.name, entry.status, entry.range.start.line) == ("Wallet.add", "failed", 3)
    assert entry.states > 0 and entry.traces > 0 and entry.milliseconds > 0
    (race,) = await findings(editor, uri)
    assert race.code == "krepis/race/lost-update"
    assert race.severity == types.DiagnosticSeverity.Error
    assert race.range == types.Range(types.Position(6, 4), types.Position(6, 27))
    if editor.client.name == "vscode":
        assert race.code_description is not None and race.code_description.href.endswith("docs/rules/lost-update.md")
    steps = [(step.location.range.start.line, step.message) for step in race.related_information or ()]
    assert steps[0] == (3, "1. A calls Wallet.add(n)") and steps[-1] == (6, "8. A writes this.cents = n")
    assert {uri} == {step.location.uri for step in race.related_information or ()}
    assert race.data == {"fingerprint": entry.findings[0], "rule": race.code, "version": 1}
    timeline = await editor.request("krepis/timeline", {"uri": uri, "fingerprint": entry.findings[0]})
    assert timeline.tasks == ["A", "B"] and timeline.steps[0].uri == uri and timeline.kind == "lost-update"
    assert await editor.request("krepis/timeline", {"uri": uri, "fingerprint": "nothing"}) is None
    lenses = await editor.client.text_document_code_lens_async(types.CodeLensParams(types.TextDocumentIdentifier(uri)))
    assert lenses is not None and [lens.range.start.line for lens in lenses] == [3]
    lens = await editor.client.code_lens_resolve_async(lenses[0])
    assert lens.command == types.Command(
        "1 interleaving loses an update", "krepis.showTimeline", arguments=(uri, entry.findings[0])
    )
    while editor.told != {uri: status.entryPoints}:
        await asyncio.sleep(0.05)  # notifications are throttled; the last one has what was settled


async def test_editing_makes_it_go_and_come_back(editor: Editor) -> None:
    editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    uri = editor.open("wallet.ts", RACY)
    await editor.settled()
    editor.change(uri, 2, ((6, 17), (6, 29), ""), ((6, 15), (6, 15), "+"), ((6, 17), (6, 17), " n"))
    editor.change(uri, 3, ((6, 18), (6, 20), " n"))
    text = "\n".join(SAFE.splitlines()) + "\n"
    editor.change(uri, 4, ((0, 0), (9, 0), text))
    status = await editor.settled()
    assert [entry.status for entry in status.entryPoints] == ["verified"]
    assert await findings(editor, uri) == []
    editor.change(uri, 5, ((0, 0), (9, 0), "// a comment\n" + RACY))
    await editor.settled()
    (race,) = await findings(editor, uri)
    assert race.range.start.line == 7


async def test_the_command_line_says_the_same(editor: Editor) -> None:
    uri = editor.write("src/wallet.ts", RACY)
    editor.write("src/safe.ts", SAFE)
    await start(editor, editor.client.name)
    status = await editor.settled()
    told = json.loads(
        subprocess.run(
            [SERVER[0], "verify", "--format", "json", "."], cwd=editor.folder, capture_output=True, check=False
        ).stdout
    )
    (finding,) = told["findings"]
    timeline = await editor.request("krepis/timeline", {"uri": uri, "fingerprint": finding["fingerprint"]})
    assert timeline is not None
    for key in ("file", "line", "column", "message", "states", "traces", "schedule"):
        assert getattr(timeline, key) == finding[key], key
    assert len(status.entryPoints) == told["summary"]["entry_points"]
