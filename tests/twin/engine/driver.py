"""A Python-executed program on the online `Explorer`: the caller's side of its contract, in full.

The program is run by the steps of the reference interpreter under sequential consistency; the explorer only
says which thread steps next. Programs may use memory, locks, `choose` and `spawn`, but not `join` and the
other instructions that wait: there the contract knows only locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from krepis.twin import reference
from krepis.twin.explore import Explorer
from krepis.twin.program import Op, ProgramCode
from krepis.twin.reference import Access, State, Step

from .gate import Answer

CONDITIONAL = frozenset({Op.CAS, Op.ATOMIC})
"""Instructions whose accesses depend on the values that they read."""


@dataclass(frozen=True)
class Run:
    """One execution: the processes in the order in which they stepped, and the state at its end."""

    schedule: tuple[int, ...]
    state: State


def runs(program: ProgramCode, explorer: Explorer) -> Iterator[Run]:
    """Every execution that the explorer asks for and does not give up."""
    while explorer.start():
        run = _execute(program, explorer)
        explorer.finish()
        if run is not None:
            yield run


def answer(program: ProgramCode, explorer: Explorer) -> Answer:
    """What all executions together show."""
    found = list(runs(program, explorer))
    ended = [run.state for run in found if reference.is_complete(run.state)]
    stuck = [run.state for run in found if not reference.is_complete(run.state)]
    return Answer(
        frozenset(map(reference.outcome, ended)),
        frozenset(map(reference.outcome, stuck)),
        len(ended),
        len(stuck),
    )


def _execute(program: ProgramCode, explorer: Explorer) -> Run | None:
    state = reference.initial_state(program, "sc")
    schedule: list[int] = []
    while True:
        possible: dict[int, list[Step]] = {}
        for step in reference.steps(program, "sc", state, 1):
            possible.setdefault(step.thread, []).append(step)
        thread = explorer.choose(list(possible)) if possible else -1
        if thread < 0:
            for waiting, lock in _waiting(program, state, set(possible)):
                explorer.pending(waiting, lock)
            return None if possible else Run(tuple(schedule), state)
        choices = possible[thread]
        step = choices[explorer.branch(len(choices))] if len(choices) > 1 else choices[0]
        instruction = program.threads[thread].code[state.threads[thread].pc]
        created = [t for t, own in enumerate(state.threads) if own.status != step.after.threads[t].status == "ready"]
        record = explorer.record if instruction.op in CONDITIONAL else explorer.record_fixed
        record(thread, **_objects(step.accesses, instruction.op), created=created)
        schedule.append(thread)
        state = step.after


def _waiting(program: ProgramCode, state: State, possible: set[int]) -> Iterator[tuple[int, int]]:
    for thread, own in enumerate(state.threads):
        if own.status == "ready" and thread not in possible:
            instruction = program.threads[thread].code[own.pc]
            assert instruction.op is Op.LOCK
            yield thread, _number(("mutex", instruction.obj))


def _objects(accesses: tuple[Access, ...], op: Op) -> dict[str, list[int]]:
    shared = [access for access in accesses if access.object[0] != "thread"]
    numbers = [_number(access.object) for access in shared]
    if op is Op.LOCK:
        return {"acquires": numbers}
    if op is Op.UNLOCK:
        return {"releases": numbers}
    return {
        "reads": [_number(access.object) for access in shared if not access.writes],
        "writes": [_number(access.object) for access in shared if access.writes],
    }


def _number(shared_object: tuple[str, int]) -> int:
    kind, index = shared_object
    return 1000 * ("word", "mutex").index(kind) + index
