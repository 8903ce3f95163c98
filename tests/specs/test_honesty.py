"""Deleting a line of a property, an assertion of a proof, or a fence makes something red.

docs/verification.md says of each file how many lines check something, and a digest of them; a test compares it. So a
line cannot go unseen. That what is left would let errors through, mutants of specifications, proofs and the ring show.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))
import verification  # noqa: E402

PAGE = frozenset(verification.PAGE.read_text(encoding="utf-8").splitlines())


def test_what_checks_something_is_counted() -> None:
    assert set(verification.counted()) <= PAGE, "run: python docs/verification.py"


@pytest.mark.parametrize("file", verification.checked_files(), ids=str)
def test_no_line_that_checks_something_can_be_deleted(file: Path) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    numbers = verification.checking(file, text)
    assert numbers
    for number in numbers:
        left = "".join(lines[:number] + lines[number + 1 :])
        assert verification.count(file, left) not in PAGE, f"{file}:{number + 1}"
