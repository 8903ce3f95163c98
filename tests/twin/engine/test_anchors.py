"""Every known count of the literature, in every mode that it applies to.

The searches that take longer than a moment are in `benchmarks/engine/run.py --check`.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from krepis.twin import reference
from krepis.twin.explore import Options
from krepis.twin.program import ProgramCode

from .answers import run
from .programs import (
    ANCHORS,
    Anchor,
    ainc,
    inc,
    lastzero,
    locked,
    philosophers,
    popl_example2,
    readers,
    unlocked,
    wcas,
    writers,
)

every_anchor = pytest.mark.parametrize("anchor", ANCHORS, ids=str)


@every_anchor
def test_reference(anchor: Anchor) -> None:
    program = anchor.program(*anchor.arguments)
    everything = reference.explore(program, anchor.model)
    assert (everything.states, everything.transitions) == (anchor.states, anchor.transitions)
    assert everything.schedules == anchor.schedules
    assert len(everything.complete) == anchor.outcomes
    graphs = reference.traces(program, anchor.model)
    assert (graphs.complete, graphs.deadlocked) == (anchor.traces, anchor.deadlocked)


@pytest.mark.parametrize("workers", [1, 2])
@every_anchor
def test_stateful(anchor: Anchor, workers: int) -> None:
    program = anchor.program(*anchor.arguments)
    result = run(program, Options(model=anchor.model, algorithm="stateful", workers=workers))
    assert (result.states, result.transitions) == (anchor.states, anchor.transitions)
    assert (len(result.outcomes), len(result.deadlocks)) == (anchor.outcomes, anchor.deadlocked)


@every_anchor
def test_schedules(anchor: Anchor) -> None:
    program = anchor.program(*anchor.arguments)
    result = run(program, Options(model=anchor.model, algorithm="schedules"))
    assert (result.states, result.transitions) == (anchor.states, anchor.transitions)
    assert result.schedules == anchor.schedules
    assert (len(result.outcomes), len(result.deadlocks)) == (anchor.outcomes, anchor.deadlocked)


@pytest.mark.parametrize("anchor", [a for a in ANCHORS if a.schedules <= 100_000], ids=str)
def test_exhaustive(anchor: Anchor) -> None:
    program = anchor.program(*anchor.arguments)
    result = run(program, Options(model=anchor.model, algorithm="exhaustive"))
    assert result.traces + result.deadlocked_traces == anchor.schedules
    assert (len(result.outcomes), len(result.deadlocks)) == (anchor.outcomes, anchor.deadlocked)


@every_anchor
def test_optimal(anchor: Anchor) -> None:
    program = anchor.program(*anchor.arguments)
    result = run(program, Options(model=anchor.model, algorithm="optimal"))
    assert (result.traces, result.deadlocked_traces) == (anchor.traces, anchor.deadlocked)
    assert (len(result.outcomes), len(result.deadlocks)) == (anchor.outcomes, anchor.deadlocked)
    assert result.blocked == 0


@every_anchor
def test_source(anchor: Anchor) -> None:
    program = anchor.program(*anchor.arguments)
    result = run(program, Options(model=anchor.model, algorithm="source"))
    assert (result.traces, result.deadlocked_traces) == (anchor.traces, anchor.deadlocked)
    assert (len(result.outcomes), len(result.deadlocks)) == (anchor.outcomes, anchor.deadlocked)


CLOSED_FORMS = [
    (readers(10), 2**10, 0),
    (writers(7), 5040, 0),
    (ainc(7), 5040, 0),
    (inc(5), 120**2, 0),
    (wcas(9), 1 + 9 * 2**8, 0),
    (lastzero(7), 10 * 2**5, 0),
    (lastzero(10), 3_328, 0),
    (philosophers(6), 2**6 - 2, 1),
    (philosophers(9), 2**9 - 2, 1),
]


@pytest.mark.parametrize(
    ("program", "complete", "deadlocked"),
    CLOSED_FORMS,
    ids=[f"{program.name}-{complete}" for program, complete, _ in CLOSED_FORMS],
)
def test_closed_forms(program: ProgramCode, complete: int, deadlocked: int) -> None:
    result = run(program, Options(algorithm="optimal"))
    assert (result.traces, result.deadlocked_traces, result.blocked) == (complete, deadlocked, 0)


@pytest.mark.parametrize(
    ("program", "explored", "blocked"),
    [(lastzero(5), 64, 33), (popl_example2(), 5, 5)],
    ids=["lastzero", "POPL"],
)
def test_source_gives_up_as_many_runs_as_concuerror(program: ProgramCode, explored: int, blocked: int) -> None:
    result = run(program, Options(algorithm="source"))
    assert (result.traces, result.blocked) == (explored, blocked)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    ("build", "states", "transitions"),
    [(lambda: unlocked(3, 5), 220_914, 609_552), (lambda: locked(5, 6), 401_408, 696_320)],
    ids=["U(3,5)", "L(5,6)"],
)
def test_large_state_spaces(build: Callable[[], ProgramCode], states: int, transitions: int, workers: int) -> None:
    result = run(build(), Options(algorithm="stateful", workers=workers))
    assert (result.states, result.transitions) == (states, transitions)
    assert result.memory_bytes <= 64 * states


@pytest.mark.parametrize(("n", "k"), [(2, 3), (3, 4), (4, 3)])
def test_locked_closed_form(n: int, k: int) -> None:
    result = run(locked(n, k), Options(algorithm="stateful"))
    assert result.states == (k + 2) ** n + 3 * n * k * (k + 2) ** (n - 1)
