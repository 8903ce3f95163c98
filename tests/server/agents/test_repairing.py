"""Repairs by recipes and by models: what passes is right, what fails goes back, nothing is written unless told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from krepis.server.agents.messages import Load
from krepis.server.agents.process import LocalModel
from krepis.server.agents.repair import Outcome, repair_by_model, repair_by_recipe
from krepis.server.run import text_of
from krepis.twin.findings import Finding
from krepis.twin.options import SourceFile
from krepis.twin.typescript.verify import verify
from programs import OPTIONS, PROGRAM, RACY_CREDIT, files, with_method
from recorded import Recorded
from small_model import NAME, small_model

RACY = files({**PROGRAM, "src/wallet.ts": with_method(RACY_CREDIT)})
GOOD = """\
    await this.ledger.note(id, cents);
    this.balances.set(id, this.balance(id) + cents);
  }
That is right because the balance is read again."""
SAME = """\
    const balance = this.balance(id);
    await this.ledger.note(id, cents);
    this.balances.set(id, balance + cents);
  }
"""
STILL_RACY = SAME.replace("balance + cents", "cents + balance")
DELETED = "    await this.ledger.note(id, cents);\n  }\n"
INVENTED = "    await this.ledger.note(id, cents);\n    this.accounts.set(id, cents);\n  }\n"
BROKEN = "    await this.ledger.note(id, cents\n  }\n"
HIDDEN = "    await this.ledger.note(id, cents);\n    eval('this.balances.set(id, this.balance(id) + cents)');\n  }\n"


@pytest.fixture(scope="module")
def finding() -> Finding:
    (found,) = verify(RACY, OPTIONS).findings
    return found


def by_model(finding: Finding, *answers: str) -> tuple[Outcome, Recorded]:
    source = Recorded(answers)
    return repair_by_model(finding, RACY, OPTIONS, source, len(answers)), source


def remaining(changed: tuple[SourceFile, ...]) -> tuple[Finding, ...]:
    return verify(changed, OPTIONS).findings


def test_a_right_answer_is_proposed_without_what_was_said_after_it(finding: Finding) -> None:
    outcome, source = by_model(finding, GOOD)
    assert outcome.proposal is not None
    assert outcome.proposal.label == "written by recorded, verified"
    assert remaining(outcome.proposal.files) == ()
    text = text_of(outcome.proposal.files[0])
    assert "That is right" not in text and text.count("async credit") == 1
    assert "A (line" in source.prompt(0) and "ledger: Ledger" in source.prompt(0)


@pytest.mark.parametrize(
    ("answer", "step"),
    [(SAME, "verify"), (STILL_RACY, "verify"), (DELETED, "verify"), (INVENTED, "resolve"), (BROKEN, "parse"),
     (HIDDEN, "safety"), ("", "verify")],
)  # fmt: skip
def test_a_wrong_answer_is_never_proposed_and_the_reason_goes_back(finding: Finding, answer: str, step: str) -> None:
    outcome, source = by_model(finding, answer, GOOD)
    first, second = outcome.attempts
    assert [reason.step for reason in first.reasons][:1] in ([step], ["parse"])
    assert first.reasons[0].message in source.prompt(1)
    assert second.reasons == () and outcome.proposal is not None


def test_attempts_are_bounded(finding: Finding) -> None:
    outcome, _ = by_model(finding, SAME, DELETED)
    assert (outcome.proposal, len(outcome.attempts)) == (None, 2)


def test_a_recipe_passes_the_gate_too(finding: Finding) -> None:
    proposal = repair_by_recipe(finding, RACY, OPTIONS).proposal
    assert proposal is not None and proposal.label.endswith("(verified recipe)")
    assert remaining(proposal.files) == ()


def test_whatever_a_real_model_writes_only_what_is_right_is_proposed(finding: Finding) -> None:
    source = LocalModel(Load(str(small_model().file), 2048, 1, 0, 0), NAME)
    try:
        outcome = repair_by_model(finding, RACY, OPTIONS, source, 1)
    finally:
        source.close()
    assert len(outcome.attempts) == 1
    assert outcome.proposal is None or remaining(outcome.proposal.files) == ()


def krepis(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("krepis"), *arguments], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**os.environ, "KREPIS_MODELS": str(folder / "none")}, check=False,
    )  # fmt: skip


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    for file in RACY:
        (tmp_path / file.path).write_text(text_of(file))
    said = krepis(tmp_path, "verify", "--format", "json", "--fail-on", "never", "src")
    fingerprint = json.loads(said.stdout)["findings"][0]["fingerprint"]

    shown = krepis(tmp_path, "repair", fingerprint[:12])
    assert (shown.returncode, shown.stdout[:4]) == (0, "--- ")
    assert "(verified recipe)" in shown.stderr
    assert (tmp_path / "src/wallet.ts").read_text() == text_of(RACY[0])
    without = krepis(tmp_path, "repair", fingerprint, "--by", "model")
    assert (without.returncode, without.stdout) == (1, "")
    assert "krepis model pull smollm2-135m" in without.stderr and without.stderr.count("\n") == 1
    assert krepis(tmp_path, "repair", "0000").returncode == 2
    none = json.loads(krepis(tmp_path, "repair", fingerprint, "--by", "model", "--json").stdout)
    assert (none["repair"], none["written"]) == (None, False)
    done = json.loads(krepis(tmp_path, "repair", fingerprint, "--apply", "--json").stdout)
    assert (done["repair"]["by"], done["repair"]["diff"], done["written"]) == ("recipe", shown.stdout, True)
    assert krepis(tmp_path, "verify", "src").returncode == 0
