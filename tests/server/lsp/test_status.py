"""What is said of each entry point: while it waits, while others are edited, and when there is a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import RACY, SAFE, Editor, start

pytestmark = [pytest.mark.asyncio, pytest.mark.filterwarnings("error::pytest_lsp.LspSpecificationWarning")]

STORE = "export let total = 0;\nexport async function add(n: number): Promise<void> { total += n; }\n"
USER = "import { add } from './store';\nexport async function buy(): Promise<void> { await add(1); }\n"


def statuses(status: Any) -> dict[str, str]:
    return {entry.uri.rpartition("/")[2]: entry.status for entry in status.entryPoints}


async def test_only_what_can_see_an_edit_is_in_doubt(editor: Editor) -> None:
    for name, text in {"store.ts": STORE, "user.ts": USER, "wallet.ts": SAFE}.items():
        editor.write(name, text)
    await start(editor, editor.client.name, {"verify": {"run": "manual"}})
    uri = editor.open("store.ts", STORE)
    assert statuses(await editor.settled()) == dict.fromkeys(("store.ts", "user.ts", "wallet.ts"), "verified")
    editor.change(uri, 2, ((0, 0), (0, 0), "// more\n"))
    doubtful = {"store.ts": "stale", "user.ts": "stale", "wallet.ts": "verified"}
    assert statuses(await editor.status()) == doubtful
    user = editor.open("user.ts", USER)
    editor.change(user, 2, ((0, 0), (0, 0), "// more\n"))
    assert statuses(await editor.status()) == doubtful
    await editor.command("krepis.verifyFile", uri)
    assert set(statuses(await editor.settled()).values()) == {"verified"}


async def test_what_is_found_is_said_before_all_is_verified(editor: Editor) -> None:
    slow = "\n".join(
        f"export async function f{i}(id: string): Promise<void> {{ const a = m.get(id) ?? 0; await fetch(id);"
        f" m.set(id, a + {i}); await fetch(id); n.set(id, a); }}"
        for i in range(8)
    )
    editor.write("a.ts", RACY)
    for i in range(12):
        editor.write(f"slow{i}.ts", f"const m = new Map<string, number>();\nconst n = new Map(m);\n{slow}\n")
    await start(editor, editor.client.name, {"verify": {"jobs": 1}})
    uri = editor.open("a.ts", RACY)
    await editor.settled(lambda s: len(s.entryPoints) == 97)
    first = next(i for i, told in enumerate(editor.statuses) if any(f.uri == uri and f.entryPoints for f in told.files))
    assert editor.statuses[first].running and editor.statuses[first].done < editor.statuses[first].total
    waiting = [e.status for told in editor.statuses for f in told.files for e in f.entryPoints]
    assert "queued" in waiting and waiting.count("failed") > 1


async def test_an_error_in_the_settings_puts_everything_in_doubt(editor: Editor) -> None:
    editor.write("wallet.ts", SAFE)
    await start(editor, editor.client.name)
    await editor.settled()
    await editor.changed_outside("krepis.toml", "[verify]\ncalls = 9\n")
    await editor.eventually(lambda s: statuses(s) == {"wallet.ts": "stale"} and not s.running)
    await editor.changed_outside("krepis.toml", "[verify]\ncalls = 3\n")
    await editor.eventually(lambda s: statuses(s) == {"wallet.ts": "verified"})
