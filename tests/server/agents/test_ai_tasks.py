"""The tasks of benchmarks/ai are fair: a right answer passes the gate and the hidden tests, and a racy one does not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from krepis.server.agents.check import check
from krepis.server.agents.sandbox import run_tests
from programs import OPTIONS, files

sys.path.append(str(Path(__file__).parents[3] / "benchmarks" / "ai"))
from solutions import SOLUTIONS
from tasks import TASKS, Task


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_right_answer_passes(task: Task) -> None:
    program = {**task.files, task.path: SOLUTIONS[task.name]}
    verdict = check(files(task.files), files(program), OPTIONS)
    assert (verdict.reasons, verdict.verified) == ((), True)
    for tests in (task.tests, task.overlapping):
        ran = run_tests(program, tests)
        assert ran.passed, ran
    empty = run_tests({**task.files, task.path: "export {};"}, task.tests)
    assert not empty.passed
    assert task.korean != task.english


def test_overlapping_calls_fail_a_racy_answer() -> None:
    (task,) = (task for task in TASKS if task.name == "wallet")
    racy = SOLUTIONS["wallet"].replace("await this.audit", "const old = this.cents;\n    await this.audit")
    racy = racy.replace("this.cents += cents;", "this.cents = old + cents;")
    assert run_tests({**task.files, task.path: racy}, task.tests).passed
    assert not run_tests({**task.files, task.path: racy}, task.overlapping).passed
    assert not check(files(task.files), files({**task.files, task.path: racy}), OPTIONS).accepted
