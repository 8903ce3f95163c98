"""The gate: what every explorer must answer on a fixed set of random programs, computed by brute force.

The expected answers come from the reference interpreter, which enumerates everything and reduces nothing. An
explorer passes when `disagreements` is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

from krepis.twin import reference
from krepis.twin.program import ProgramCode
from krepis.twin.reference import Outcome

from .random_programs import LOCKS, MEMORY, Shape, random_program

SHAPE = Shape(kinds=(*MEMORY, *LOCKS), max_threads=4, max_steps=3)


@dataclass(frozen=True)
class Answer:
    """What an explorer says of a program; the numbers of traces are None where it does not count them."""

    complete: frozenset[Outcome]
    deadlocked: frozenset[Outcome]
    traces: int | None = None
    deadlocked_traces: int | None = None


@dataclass(frozen=True)
class Case:
    """A program with the right answer and the number of its states."""

    seed: int
    program: ProgramCode
    expected: Answer
    states: int


@cache
def cases(count: int = 160, max_states: int = 300) -> tuple[Case, ...]:
    """The programs of the first `count` seeds, without those that have too many states to enumerate
    quickly."""
    return tuple(_cases(count, max_states))


def _cases(count: int, max_states: int) -> Iterator[Case]:
    for seed in range(count):
        program = random_program(Random(seed), SHAPE)
        try:
            everything = reference.explore(program, max_states=max_states)
        except OverflowError:
            continue
        graphs = reference.traces(program)
        answer = Answer(everything.complete, everything.deadlocked, graphs.complete, graphs.deadlocked)
        yield Case(seed, program, answer, everything.states)


def disagreements(explorer: Callable[[ProgramCode], Answer]) -> list[int]:
    """Seeds of the programs on which the explorer's answer is wrong."""
    return [case.seed for case in cases() if not _agrees(case.expected, explorer(case.program))]


def _agrees(expected: Answer, answer: Answer) -> bool:
    return (
        answer.complete == expected.complete
        and answer.deadlocked == expected.deadlocked
        and answer.traces in (None, expected.traces)
        and answer.deadlocked_traces in (None, expected.deadlocked_traces)
    )
