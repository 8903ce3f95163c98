"""The online `Explorer`: a program that Python executes is explored once per class of equivalent runs."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from krepis.twin import reference
from krepis.twin.explore import Explorer, ExplorerAlgorithm

from .driver import CONDITIONAL, answer, runs
from .gate import disagreements
from .programs import ANCHORS, Anchor, lastzero, popl_example2, writers
from .random_programs import LOCKS, MEMORY, Shape, random_program

SMALL = [anchor for anchor in ANCHORS if anchor.model == "sc" and anchor.traces <= 600]
SPAWNING = Shape(kinds=(*MEMORY, *LOCKS), max_threads=4, max_steps=3, spawns=True, joins=False)
CHOOSING = Shape(kinds=(*MEMORY, *LOCKS, "choose"), max_threads=3, max_steps=3)


@pytest.mark.parametrize("anchor", SMALL, ids=str)
def test_optimal_explores_each_trace_once(anchor: Anchor) -> None:
    explorer = Explorer("optimal")
    found = answer(anchor.program(*anchor.arguments), explorer)
    assert (found.traces, found.deadlocked_traces) == (anchor.traces, anchor.deadlocked)
    assert len(found.complete) == anchor.outcomes
    assert (explorer.blocked, explorer.diverged) == (0, 0)


@pytest.mark.parametrize("algorithm", ["optimal", "source"])
def test_explorer_passes_the_gate(algorithm: ExplorerAlgorithm) -> None:
    assert disagreements(lambda program: answer(program, Explorer(algorithm))) == []


def test_source_explores_as_many_runs_as_concuerror() -> None:
    explorer = Explorer("source")
    assert (answer(lastzero(5), explorer).traces, explorer.blocked) == (64, 33)
    explorer = Explorer("source")
    assert (answer(popl_example2(), explorer).traces, explorer.blocked) == (5, 5)


@given(st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_processes_created_on_the_way(rng: Random) -> None:
    program = random_program(rng, SPAWNING)
    explorer = Explorer("optimal")
    found = answer(program, explorer)
    expected = reference.explore(program)
    graphs = reference.traces(program)
    assert (found.complete, found.deadlocked) == (expected.complete, expected.deadlocked)
    assert (found.traces, found.deadlocked_traces) == (graphs.complete, graphs.deadlocked)
    assert explorer.diverged == 0
    if not any(i.op in CONDITIONAL for thread in program.threads for i in thread.code):
        assert explorer.blocked == 0


@given(st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_branches_lose_no_outcome(rng: Random) -> None:
    program = random_program(rng, CHOOSING)
    found = answer(program, Explorer("optimal"))
    expected = reference.explore(program)
    assert (found.complete, found.deadlocked) == (expected.complete, expected.deadlocked)


def test_exhaustive_runs_every_schedule() -> None:
    explorer = Explorer("exhaustive")
    schedules = [run.schedule for run in runs(writers(4), explorer)]
    assert len(schedules) == len(set(schedules)) == 24


@pytest.mark.parametrize("algorithm", ["random", "pct", "round-robin"])
def test_sampling_is_repeatable_and_sees_only_what_exists(algorithm: ExplorerAlgorithm) -> None:
    program = lastzero(3)
    first, second = (list(runs(program, Explorer(algorithm, seed=7, max_traces=30))) for _ in range(2))
    assert [run.schedule for run in first] == [run.schedule for run in second]
    assert len(first) == 30
    assert {reference.outcome(run.state) for run in first} <= reference.explore(program).complete


def test_the_limit_of_traces_is_reported() -> None:
    explorer = Explorer("optimal", max_traces=5)
    assert answer(lastzero(4), explorer).traces == 5
    assert explorer.stopped_by == "traces"
