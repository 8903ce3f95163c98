"""`docs/reference/lsp-extensions.md` names what the server has, and nothing else."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from conftest import RACY, Editor, start
from krepis.server.lsp.features import METHODS
from krepis.server.lsp.features.commands import COMMANDS
from krepis.server.lsp.features.trace import SCHEME
from krepis.server.lsp.status import Verdict

PAGE = (Path(__file__).parents[3] / "docs/reference/lsp-extensions.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S))


def rows(section: str) -> dict[str, str]:
    """The rows of the tables of a section: the first cell, and the others."""
    return dict(re.findall(r"^\| (`.*?`) \| (.*) \|$", SECTIONS[section], re.M))


def names(section: str) -> set[str]:
    return {name for cell in rows(section) for name in re.findall(r"`(.*?)`", cell)}


def test_methods_and_schemes() -> None:
    own = {name for name, _, _ in METHODS if name.startswith("krepis/")}
    assert {section.strip("`") for section in SECTIONS if section.startswith("`krepis/")} == own | {
        "krepis/statusChanged"
    }
    assert f"`{SCHEME}:` documents" in SECTIONS


def test_commands_and_their_arguments() -> None:
    told = {name.strip("`"): cells.split("|")[0].strip() for name, cells in rows("Commands").items()}
    assert told.keys() == COMMANDS.keys()
    for name, arguments in told.items():
        assert len([a for a in arguments.split(",") if a.strip()]) == COMMANDS[name].__code__.co_argcount - 1, name


def test_states() -> None:
    (cell,) = [cells for name, cells in rows("`krepis/status`").items() if name == "`status`"]
    assert set(re.findall(r"`(\w+)`", cell)) == {"stale", "queued", "running", *get_args(Verdict)}


def fields(value: Any) -> set[str]:
    return set(value._fields)


@pytest.mark.asyncio
async def test_fields(editor: Editor) -> None:
    uri = editor.write("wallet.ts", RACY)
    await start(editor, editor.client.name)
    status = await editor.settled()
    (entry,) = status.entryPoints
    assert fields(status) | fields(entry) == names("`krepis/status`")
    while not editor.statuses:
        await asyncio.sleep(0.05)
    (changed, *_) = editor.statuses
    assert fields(changed) == names("`krepis/statusChanged`") | {"running", "done", "total", "version"}
    timeline = await editor.request("krepis/timeline", {"uri": uri, "fingerprint": entry.findings[0]})
    assert names("`krepis/timeline`") <= fields(timeline)
