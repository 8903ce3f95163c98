"""The tasks of benchmarks/ai are fair: a right answer passes the gate and the hidden tests, and a racy one does not."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from krepis.server.agents.check import check
from krepis.server.agents.sandbox import run_tests
from programs import OPTIONS, files

sys.path.append(str(Path(__file__).parents[3] / "benchmarks" / "ai"))
from tasks import TASKS, Task

BOUNDED = {"auth-invite", "coupon", "http-vote", "transfer"}
"""Tasks of which a right answer has more interleavings than are explored."""
SAMPLE = (
    TASKS if os.environ.get("KREPIS_SOAK") else [task for task in TASKS if task.name in ("http-register", "wallet")]
)


def test_there_are_enough_of_each_kind_and_all_differ() -> None:
    assert len(TASKS) >= 60 and len({task.name for task in TASKS}) == len(TASKS)
    assert min(Counter(task.kind for task in TASKS).values()) >= 6
    for task in TASKS:
        assert any("가" <= character <= "힣" for character in task.korean), task.name
        assert task.english.isascii() and task.tests != task.overlapping and "test(" in task.overlapping


@pytest.mark.parametrize("task", SAMPLE, ids=lambda task: task.name)
def test_a_right_answer_passes(task: Task) -> None:
    program = {**task.files, task.path: task.solution}
    verdict = check(files(task.files), files(program), OPTIONS)
    assert (verdict.reasons, verdict.verified) == ((), task.name not in BOUNDED)
    for tests in (task.tests, task.overlapping):
        ran = run_tests(program, tests)
        assert ran.passed, ran
    empty = run_tests({**task.files, task.path: "export {};"}, task.tests)
    assert not empty.passed


def test_overlapping_calls_fail_a_racy_answer() -> None:
    (task,) = (task for task in TASKS if task.name == "wallet")
    racy = task.solution.replace("await this.audit", "const old = this.cents;\n    await this.audit")
    racy = racy.replace("this.cents += cents;", "this.cents = old + cents;")
    assert run_tests({**task.files, task.path: racy}, task.tests).passed
    assert not run_tests({**task.files, task.path: racy}, task.overlapping).passed
    assert not check(files(task.files), files({**task.files, task.path: racy}), OPTIONS).accepted
