"""`krepis ci --history` and `krepis ci stats`: what was found, fixed and suppressed, in a file and on a branch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.server.ci.history import Record, statistics

RACY = """\
let total = 0;
declare function charge(amount: number): Promise<void>;

export async function pay(amount: number): Promise<void> {
  const before = total;
  await charge(amount);
  total = before + amount;
}
"""
FIXED = RACY.replace("  const before = total;\n", "").replace("total = before + amount", "total += amount")
SILENT = RACY.replace("  total =", "  // krepis-ignore krepis/race/lost-update: charged by one person\n  total =")
COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "ci"]


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "NO_COLOR": "1"})


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    done = run(folder, "git", *identity, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("place", ["found.jsonl", "branch:krepis-history"])
def test_a_finding_is_found_fixed_found_again_and_silenced(tmp_path: Path, place: str) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    (tmp_path / ".gitignore").write_text(".krepis\nfound.jsonl\n")
    for text, status in ((RACY, 1), (FIXED, 0), (RACY, 1), (SILENT, 0), (SILENT, 0)):
        (tmp_path / "pay.ts").write_text(text)
        git(tmp_path, "add", ".")
        if git(tmp_path, "status", "--porcelain"):
            git(tmp_path, "commit", "--quiet", "--message", "Change")
        done = run(tmp_path, *COMMAND, "--history", place)
        assert done.returncode == status, done.stderr
    done = run(tmp_path, *COMMAND, "stats", "--history", place, "--json")
    said = json.loads(done.stdout)
    assert said["runs"] == 4  # a commit is there once
    assert said["rules"] == {"krepis/race/lost-update": {"found": 2, "fixed": 1, "suppressed": 1, "open": 0}}
    assert said["last"]["commit"] == git(tmp_path, "rev-parse", "HEAD")
    assert "krepis/race/lost-update" in run(tmp_path, *COMMAND, "stats", "--history", place).stdout
    assert git(tmp_path, "status", "--porcelain") == "" and git(tmp_path, "branch", "--show-current") == "main"


@pytest.mark.parametrize(
    ("text", "said"),
    [(None, "there is no history"), ("{}\n", "line 1 of the history"), ("no\n", "line 1 of the history")],
)
def test_a_history_that_is_none_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "history.jsonl").write_text(text)
    done = run(tmp_path, *COMMAND, "stats")
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr


rules = st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["one", "two"]), max_size=4)
records = st.lists(
    st.builds(Record, st.uuids().map(str), st.just("t"), rules, rules, st.just(1), st.just(1.0)), min_size=1
)


@given(records)
def test_what_was_found_is_fixed_suppressed_or_open(history: list[Record]) -> None:
    rule = {key: "r" for record in history for key in {**record.open, **record.suppressed}}
    clean = [
        Record(
            one.commit,
            "t",
            dict.fromkeys(one.open, "r"),
            {key: "r" for key in one.suppressed if key not in one.open},
            1,
            1.0,
        )
        for one in history
    ]
    counts = statistics(clean)
    assert set(counts) == ({"r"} if rule else set())
    if rule:
        one = counts["r"]
        assert (
            one.open == len(clean[-1].open)
            and one.found >= one.fixed + one.open
            and min(one.fixed, one.suppressed) >= 0
        )
