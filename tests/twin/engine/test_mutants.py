"""The gate of random programs catches every known mistake of a reduction, and only mistakes.

Each mistake loses executions silently: it is a switch in a small explorer written for this purpose.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from krepis.twin import reference
from krepis.twin.program import ProgramCode
from krepis.twin.reference import State

from . import small_dpor
from .gate import Answer, cases, disagreements
from .programs import lastzero, popl_example2


def source_dpor(bug: small_dpor.Bug | None) -> Callable[[ProgramCode], Answer]:
    """The small source-DPOR as an explorer for the gate."""

    def explorer(program: ProgramCode) -> Answer:
        found = small_dpor.explore(program, bug)
        return Answer(frozenset(found.complete), frozenset(found.deadlocked), found.traces, found.deadlocked_traces)

    return explorer


def stateful(signature: Callable[[State], object]) -> Callable[[ProgramCode], Answer]:
    """A search that does not go on from a state whose signature it has seen."""

    def explorer(program: ProgramCode) -> Answer:
        start = reference.initial_state(program, "sc")
        seen, work = {signature(start)}, [start]
        complete: set[reference.Outcome] = set()
        deadlocked: set[reference.Outcome] = set()
        while work:
            state = work.pop()
            after = [step.after for step in reference.steps(program, "sc", state, 1)]
            if not after:
                ends = complete if reference.is_complete(state) else deadlocked
                ends.add(reference.outcome(state))
            for next_state in after:
                if signature(next_state) not in seen:
                    seen.add(signature(next_state))
                    work.append(next_state)
        return Answer(frozenset(complete), frozenset(deadlocked))

    return explorer


def whole_state(state: State) -> object:
    return state


def without_program_counters(state: State) -> object:
    return state._replace(threads=tuple(thread._replace(pc=0) for thread in state.threads))


def without_registers(state: State) -> object:
    return state._replace(threads=tuple(thread._replace(registers=()) for thread in state.threads))


def test_the_gate_is_large_and_varied() -> None:
    assert len(cases()) >= 100
    assert sum(bool(case.expected.deadlocked) for case in cases()) >= 10
    assert max(case.expected.traces or 0 for case in cases()) >= 50
    assert {len(case.program.threads) for case in cases()} == {2, 3, 4}


def test_the_gate_accepts_a_correct_source_dpor() -> None:
    assert disagreements(source_dpor(None)) == []


@pytest.mark.parametrize("bug", small_dpor.BUGS)
def test_the_gate_catches_each_mistake_of_dpor(bug: small_dpor.Bug) -> None:
    assert disagreements(source_dpor(bug)) != []


def test_the_gate_accepts_a_correct_stateful_search() -> None:
    assert disagreements(stateful(whole_state)) == []


@pytest.mark.parametrize("signature", [without_program_counters, without_registers])
def test_the_gate_catches_an_incomplete_signature(signature: Callable[[State], object]) -> None:
    assert disagreements(stateful(signature)) != []


def test_source_dpor_explores_as_many_runs_as_concuerror() -> None:
    found = small_dpor.explore(lastzero(5))
    assert (found.traces, found.blocked) == (64, 33)
    found = small_dpor.explore(popl_example2())
    assert (found.traces, found.blocked) == (5, 5)


def test_picking_a_sleeper_loses_half_of_lastzero() -> None:
    assert small_dpor.explore(lastzero(5), "picks-a-sleeper").traces == 32
