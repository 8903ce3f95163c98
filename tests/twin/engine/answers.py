"""Results of the engine in the terms of the reference interpreter, so that tests can compare them with
`==`."""

from __future__ import annotations

from dataclasses import dataclass

from krepis.twin import explore, reference
from krepis.twin.explore import Options, Result
from krepis.twin.program import Apply, Const, Expr, FailureKind, ProgramCode, Select, Symbol, Update
from krepis.twin.reference import Outcome, Term


@dataclass(frozen=True)
class Observed:
    """What can be seen of a program: final states, deadlocks, (thread, instruction, kind) of failures, names
    of violated invariants, (mutex, thread) of leaked locks."""

    complete: frozenset[Outcome]
    deadlocked: frozenset[Outcome]
    failures: frozenset[tuple[str, int, FailureKind]]
    violated: frozenset[str]
    leaked: frozenset[tuple[str, str]]


def by_reference(program: ProgramCode, everything: reference.Exploration) -> Observed:
    """What the reference interpreter saw."""
    names = [thread.name for thread in program.threads]
    return Observed(
        everything.complete,
        everything.deadlocked,
        frozenset((names[failure.thread], failure.pc, failure.kind) for failure in everything.failures),
        everything.violated,
        frozenset((program.mutexes[mutex].name, names[thread]) for mutex, thread in everything.leaked),
    )


def by_engine(result: Result) -> Observed:
    """What the engine saw."""
    return Observed(
        frozenset(outcome(found) for found in result.outcomes),
        frozenset(outcome(deadlock.outcome) for deadlock in result.deadlocks),
        frozenset((failure.thread, failure.pc, failure.kind) for failure in result.failures),
        frozenset(violation.invariant for violation in result.violations),
        frozenset((leak.mutex, leak.thread) for leak in result.leaks),
    )


def outcome(found: explore.Outcome) -> Outcome:
    """An outcome of the engine as one of the reference interpreter."""
    return Outcome(
        tuple(tuple(plain(value) for value in thread.registers) for thread in found.threads),
        tuple(plain(value) for value in found.memory),
    )


def plain(value: int | Expr) -> reference.Value:
    """A value of the engine as one of the reference interpreter."""
    match value:
        case int():
            return value
        case Const(value=number):
            return number
        case Symbol(name=name):
            return Term("symbol", (name,))
        case Apply(function=function, arguments=arguments):
            return Term(function, tuple(plain(argument) for argument in arguments))
        case Select(source=source, key=key):
            return Term("select", (plain(source), plain(key)))
        case Update(source=source, key=key, value=new):
            return Term("store", (plain(source), plain(key), plain(new)))
        case _:
            raise AssertionError(f"no value: {value!r}")


def run(program: ProgramCode, options: Options) -> Result:
    """A search that must cover everything."""
    result = explore.explore(program, options)
    assert result.complete, (result.stopped_by, result.bounds)
    return result
