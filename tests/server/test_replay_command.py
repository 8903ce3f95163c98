"""`krepis replay` as a user runs it, in real processes: what `krepis verify` reported comes again, or a clear error."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

CASES = Path(__file__).parents[1] / "conformance" / "cases"
WALLET = """
import type { Ledger } from './ledger';

export class Wallet {
  private balances = new Map<string, number>();
  constructor(private readonly ledger: Ledger) {}

  async credit(id: string, cents: number): Promise<void> {
    const balance = this.balances.get(id) ?? 0;
    await this.ledger.note(id, cents);
    this.balances.set(id, balance + cents);
  }
}
"""
LEDGER = "export interface Ledger { note(id: string, cents: number): Promise<void> }\n"


def krepis(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("krepis"), *arguments],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def found(folder: Path) -> list[dict[str, Any]]:
    done = krepis(folder, "verify", "--no-cache", "--format", "json", "--fail-on", "never", "src")
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout)["findings"])


@pytest.fixture(scope="module")
def wallet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wallet")
    (folder / "src").mkdir()
    (folder / "src" / "wallet.ts").write_text(WALLET)
    (folder / "src" / "ledger.ts").write_text(LEDGER)
    return folder


@pytest.fixture(scope="module")
def token(wallet: Path) -> str:
    (finding,) = found(wallet)
    return str(finding["schedule"])


def test_the_drawing_is_that_of_verify(wallet: Path, token: str) -> None:
    report = krepis(wallet, "verify", "--no-cache", "src").stdout
    again = krepis(wallet, "replay", token, "src")
    assert again.returncode == 0, again.stderr
    assert again.stderr == ""
    head, *drawing = again.stdout.splitlines()
    assert head.startswith("krepis/race/lost-update, replayed in ")
    assert "\n".join(drawing) in report
    assert any("▶" in line for line in drawing)


# Several calls in memory, a timer that fires, rows of a database, a deadlock, a lock that is kept when something
# fails, a promise that nobody waits for.
@pytest.mark.parametrize(
    "case",
    [
        "part1/races/34-room-join-ws.ts",
        "part1/races/24-presence-grace-timer.ts",
        "part2/races/137-checkout-saga",
        "part3/races/211-mysql-transfer.ts",
        "part3/races/232-in-flight-flag-throw.ts",
        "part4/races/313-for-each-email.ts",
    ],
)
def test_every_finding_comes_again(case: str, tmp_path: Path) -> None:
    source = CASES / case
    if source.is_dir():
        shutil.copytree(source, tmp_path / "a" / "src")
    else:
        (tmp_path / "a" / "src").mkdir(parents=True)
        shutil.copy(source, tmp_path / "a" / "src")
    findings = found(tmp_path / "a")
    assert findings
    shutil.copytree(tmp_path / "a", tmp_path / "b")  # a token holds no path of the machine
    for finding in findings:
        done = krepis(tmp_path / "b", "replay", finding["schedule"], "src", "--json")
        assert done.returncode == 0, done.stderr
        again = json.loads(done.stdout)["finding"]
        assert again["traces"] == 1
        for name in ("states", "traces"):
            del finding[name], again[name]
        assert again == finding


def test_another_text_is_named(wallet: Path, token: str, tmp_path: Path) -> None:
    shutil.copytree(wallet / "src", tmp_path / "src")
    text = (tmp_path / "src" / "wallet.ts").read_text()
    (tmp_path / "src" / "wallet.ts").write_text(text.replace("balance + cents", "balance - cents"))
    done = krepis(tmp_path, "replay", token, "src")
    assert (done.returncode, done.stdout) == (1, "")
    assert "another text of these files" in done.stderr


def test_another_program_is_named(token: str, tmp_path: Path) -> None:
    (tmp_path / "other.ts").write_text("export async function f() {}\n")
    done = krepis(tmp_path, "replay", token)
    assert (done.returncode, done.stdout) == (1, "")
    assert "another program" in done.stderr


@pytest.mark.parametrize("damage", ["", "serial", "0-1-0", "x", "half", "flipped", "ünicode"])
def test_what_is_no_token(damage: str, wallet: Path, token: str) -> None:
    text = {"half": token[: len(token) // 2], "flipped": token[:40] + ("A" if token[40] != "A" else "B") + token[41:]}
    done = krepis(wallet, "replay", text.get(damage, damage), "src")
    assert (done.returncode, done.stdout) == (2, "")
    assert "not a replay token" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_path(token: str, tmp_path: Path) -> None:
    done = krepis(tmp_path, "replay", token, "nowhere")
    assert done.returncode == 2
    assert "nowhere" in done.stderr
