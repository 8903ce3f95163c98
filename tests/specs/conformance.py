"""The same system twice: as constants of a specification and as a `Program` of the engine.

`tlc_outcomes` are those of TLC, `engine_outcomes` those of the engine; `accepted` says which recorded schedules a
specification allows. Values go to TLA+ and back as nested lists of integers and strings.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from krepis.twin import tlc
from krepis.twin.explore import Model, Options, Outcome, Result, Step, explore
from krepis.twin.program import ProgramCode


@dataclass(frozen=True)
class System:
    """Constants of `module`, the program that is the same, and how its ends are an `Outcome` of the module."""

    module: str
    name: str
    constants: Mapping[str, Any]
    program: ProgramCode
    outcome: Callable[[Outcome], Any]
    model: Model = "sc"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.module}-{self.name}"


def to_tla(value: Any) -> str:
    """A value as TLA+: sequences, sets, records, integers, strings and truth values."""
    match value:
        case bool():
            return "TRUE" if value else "FALSE"
        case int():
            return str(value)
        case str():
            return json.dumps(value)
        case frozenset() | set():
            return "{" + ", ".join(sorted(map(to_tla, value))) + "}"
        case Mapping():
            return "[" + ", ".join(f"{key} |-> {to_tla(entry)}" for key, entry in value.items()) + "]"
        case _:
            return "<<" + ", ".join(map(to_tla, value)) + ">>"


def printed(checked: tlc.Checked, tag: str) -> list[Any]:
    """What the specification printed as `<<tag, value>>`, of sequences, integers and strings."""
    text = " ".join(checked.printed).replace("<<", "[").replace(">>", "]")
    found, at, decoder = [], 0, json.JSONDecoder()
    while (at := text.find("[", at)) >= 0:
        value, at = decoder.raw_decode(text, at)
        found += [value[1]] if value and value[0] == tag else []
    return found


def run_engine(system: System, **options: Any) -> Result:
    return explore(system.program, Options(**{"model": system.model, **system.options, **options}))


def check(
    system: System, body: str, spec: str, invariants: Sequence[str] = (), properties: Sequence[str] = (), **how: Any
) -> tlc.Checked:
    """Check the module of the system, extended by `body`, with the system's constants."""
    values = "\n".join(f"Value_{name} == {to_tla(value)}" for name, value in system.constants.items())
    root = f"---- MODULE Conformance ----\nEXTENDS {system.module}, Sequences, TLC\n{values}\n{body}\n====\n"
    constants = tuple(f"{name} <- Value_{name}" for name in system.constants)
    config = tlc.Config(spec, constants, tuple(invariants), tuple(properties))
    return tlc.check("Conformance", config, sources={"Conformance": root}, deadlock=False, **how)


def run_tlc(system: System, body: str, spec: str, **how: Any) -> tlc.Checked:
    """The same, when nothing but the invariant `Report`, which prints, is checked."""
    checked = check(system, body, spec, ["Report"], **how)
    assert checked.broken is None, "\n".join(checked.behaviour)
    return checked


def tlc_outcomes(system: System, **how: Any) -> tuple[int, set[str]]:
    """Distinct states, and the outcomes of those in which no step is possible."""
    over = "\\A t \\in Threads : ~CanStep(t)" if system.module == "SchedulerOracle" else "~ENABLED Steps"
    body = f'Report == ({over}) => PrintT(<<"end", Outcome>>)'
    checked = run_tlc(system, body, "Spec", **how)
    return checked.states, {json.dumps(end) for end in printed(checked, "end")}


def engine_outcomes(system: System, result: Result) -> set[str]:
    """The same of the engine."""
    ends: list[Outcome] = [*result.outcomes, *(deadlock.outcome for deadlock in result.deadlocks)]
    return {json.dumps(system.outcome(end)) for end in ends}


def accepted(system: System, logs: Sequence[tuple[Sequence[Any], Any]]) -> set[int]:
    """Which logs are runs of the specification: each is a list of events and the outcome at the end."""
    events, ends = to_tla([log for log, _ in logs]), to_tla([end for _, end in logs])
    body = f"""
LogEvents == {events}
LogEnds == {ends}
VARIABLES which, at
LogInit == Init /\\ which \\in DOMAIN LogEvents /\\ at = 1
LogNext ==
  /\\ at <= Len(LogEvents[which])
  /\\ Step(LogEvents[which][at])
  /\\ at' = at + 1
  /\\ UNCHANGED which
LogSpec == LogInit /\\ [][LogNext]_<<vars, which, at>>
LogIsWhole == at = Len(LogEvents[which]) + 1 /\\ ~ENABLED Steps
Report == (LogIsWhole /\\ Outcome = LogEnds[which]) => PrintT(<<"accepted", which>>)
"""
    checked = run_tlc(system, body, "LogSpec")
    return {which - 1 for which in printed(checked, "accepted")}


def recorded(system: System, seed: int) -> tuple[tuple[Step, ...], Outcome]:
    """A random schedule of the engine and its outcome."""
    result = run_engine(system, algorithm="random", seed=seed)
    ends = [*result.outcomes, *(deadlock.outcome for deadlock in result.deadlocks)]
    return result.last_schedule, ends[0]


def events(system: System, schedule: Sequence[Step]) -> list[Any]:
    """A schedule as arguments of the specification's `Step`: threads, counted from 1.

    For the memory, pairs of a thread and 0, or the word that its store buffer flushes.
    """
    names = [thread.name for thread in system.program.threads]
    numbers = [names.index(step.thread) + 1 for step in schedule]
    if system.module != "SimulatedMemory":
        return numbers
    scripts = system.constants["Scripts"]
    found, done, queues = [], [0] * len(scripts), [[] for _ in scripts]
    for thread, step in zip(numbers, schedule, strict=True):
        queue: list[int] = queues[thread - 1]
        if step.kind == "step":
            op, *arguments = scripts[thread - 1][done[thread - 1]]
            done[thread - 1] += 1
            queue += arguments[:1] if op in ("store", "rstore", "bump") else []
            found.append([thread, 0])
        else:
            named = None if step.location is None else int(step.location.strip("x[]")) + 1
            found.append([thread, queue.pop(0) if named is None else named])
    return found


def registers(outcome: Outcome) -> list[list[Any]]:
    """The registers of each thread."""
    return [list(thread.registers) for thread in outcome.threads]


def first_registers(outcome: Outcome) -> list[Any]:
    """The first register of each thread."""
    return [thread.registers[0] for thread in outcome.threads]
