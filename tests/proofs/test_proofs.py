"""The fastest of the bounded proofs, each with the mutant that it has to reject; `make prove` runs all of them."""

from __future__ import annotations

import re

import pytest

from .prove import SOURCES, Proof, prepare, proofs, prove

PROOFS = proofs()
QUICK = [proof for proof in PROOFS if proof.quick]


@pytest.mark.parametrize("proof", QUICK, ids=lambda proof: proof.name)
def test_the_proof_holds_and_its_mutant_is_rejected(proof: Proof) -> None:
    result = prove(proof, mutated=False)
    assert (result.verdict, result.reason) == ("proved", "")
    assert prove(proof, mutated=True).verdict == "rejected"


@pytest.mark.parametrize("proof", PROOFS, ids=lambda proof: proof.name)
def test_the_mutant_changes_one_line_of_the_source(proof: Proof, tmp_path_factory: pytest.TempPathFactory) -> None:
    texts = []
    for mutated in (False, True):
        folder = tmp_path_factory.mktemp("sources")
        prepare(proof, mutated, folder)
        texts.append([path.read_text().split("\n") for path in sorted(folder.iterdir())])
    changed = [
        (old, new) for olds, news in zip(*texts, strict=True) for old, new in zip(olds, news, strict=True) if old != new
    ]
    assert len(changed) == 1


def test_every_proof_says_what_it_proves() -> None:
    assert {proof.part for proof in PROOFS} == set(SOURCES)
    for proof in PROOFS:
        text = (proof.folder / "README.md").read_text()
        assert re.search(rf"Function `{proof.name}`", text)
        assert all(f"**{part}:**" in text for part in ("Proved", "Bounds", "Assumptions", "Able to fail"))
