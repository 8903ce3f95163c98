"""Searches: of `Program`s in the C engine, and of programs that the caller executes (`Explorer`).

`Explorer` is dynamic partial order reduction turned inside out: the caller runs the program, the engine only
says which process steps next. Its rules are in the class docstring.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from krepis.twin import _binding
from krepis.twin._encode import Encoded, encode
from krepis.twin.program import (
    INTEGER_LIMIT,
    Apply,
    BinaryOp,
    Const,
    Expr,
    FailureKind,
    Op,
    Program,
    ProgramCode,
    ProgramError,
    Select,
    Symbol,
    Update,
    validate,
)

ExplorerAlgorithm = Literal["optimal", "source", "exhaustive", "random", "pct", "round-robin"]


class Explorer(_binding.Core):
    """Which process steps next, over all executions of a program that the caller runs.

    ::

        explorer = Explorer()
        while explorer.start():
            while enabled:
                process = explorer.choose(enabled)
                if process < 0:
                    break                      # redundant, or `max_steps` reached: give this run up
                ...                            # execute one step of `process`
                explorer.record(process, reads, writes, created)
            ...                                # explorer.pending(process, lock) for all that wait for locks
            explorer.finish()

    Rules for the caller. Processes and objects are integers; processes are not negative. Executions are
    deterministic: the same choices lead to the same steps with the same accesses, and a process has the same
    id in executions that differ only in the order of independent steps. A process becomes possible only by
    its creator or by its own steps, or, for locks, as told by `acquires`/`releases`; every step is executed
    from a state that it was offered in. Two steps are dependent when both access an object and one of them
    writes it, when both acquire the same lock, when one created the other's process, and when they belong to
    one process.

    `optimal` explores one run per class of equivalent runs and gives up none (`blocked` stays 0) as long as
    `branch` is not used and every step is recorded with `record_fixed`: of other steps it is not known what
    they would touch in another order, so that some runs turn out to be equivalent only on the way. `source`
    may give some up; `exhaustive` runs every schedule; `random`, `pct` and `round-robin` sample `max_traces`
    runs (1 when it is 0).
    """

    __slots__ = ()

    def __init__(
        self,
        algorithm: ExplorerAlgorithm = "optimal",
        *,
        seed: int = 0,
        max_traces: int = 0,
        max_steps: int = 0,
        pct_depth: int = 3,
    ) -> None:
        sampled = algorithm in ("random", "pct", "round-robin")
        runs = max_traces or (1 if sampled else 0)
        super().__init__(algorithm, seed % 2**64, runs, max_steps, pct_depth)

    @property
    def traces(self) -> int:
        """Complete runs so far (those cut off by `max_steps` included)."""
        return self.counts()[0]

    @property
    def blocked(self) -> int:
        """Runs given up because they were equivalent to earlier ones."""
        return self.counts()[1]

    @property
    def steps(self) -> int:
        """Steps executed in all runs together."""
        return self.counts()[2]

    @property
    def diverged(self) -> int:
        """Runs given up because the program did not repeat what it did before; must be 0."""
        return self.counts()[4]

    @property
    def stopped_by(self) -> str | None:
        """The limit that ended the exploration early ("traces", "memory"), or None."""
        return _binding.STOPS.get(self.counts()[3])


# -- searches of programs ---------------------------------------------------------------------------------

Model = Literal["sc", "tso", "pso", "ra"]
Algorithm = Literal[
    "stateful", "schedules", "optimal", "source", "exhaustive", "random", "pct", "round-robin", "replay"
]
Status = Literal["new", "runnable", "running", "blocked", "sleeping", "completed", "failed"]
Value = int | Expr
"""An integer, or a term built of `Symbol`, `Apply` (operators by their sign), `Select` and `Update`."""


@dataclass(frozen=True)
class Step:
    """One step of a schedule: the thread steps, or its store buffer flushes (one location's under pso)."""

    thread: str
    kind: Literal["step", "flush"] = "step"
    location: str | None = None
    choice: int = 0


@dataclass(frozen=True)
class Options:
    """How to search; 0 means no limit, None no bound.

    `stateful` visits every distinct state once (breadth first, exact, `workers` OS threads); `schedules` does
    so depth first and also counts the schedules; `optimal` and `source` run one execution per trace (the
    first gives up none unless steps have alternatives: choices, decisions on terms, reads under ra);
    `exhaustive` runs every schedule; `random`, `pct` and `round-robin` run `max_traces` executions (1 when
    it is 0); `replay` runs `schedule`. `preemptions` and `contexts` bound the switches between threads
    (`stateful` only).
    """

    model: Model = "sc"
    algorithm: Algorithm = "stateful"
    workers: int = 1
    buffer_limit: int = 16
    message_limit: int = 16
    preemptions: int | None = None
    contexts: int | None = None
    seed: int = 0
    pct_depth: int = 3
    schedule: tuple[Step, ...] = ()
    max_states: int = 0
    max_depth: int = 0
    max_traces: int = 0
    max_memory_bytes: int = 0
    max_seconds: float = 0.0
    max_outcomes: int = 1_000_000
    max_findings: int = 1_000


@dataclass(frozen=True)
class ThreadOutcome:
    """A thread at the end of a run; `pc` is the number of instructions when it completed."""

    status: Status
    pc: int
    registers: tuple[Value, ...]


@dataclass(frozen=True)
class Outcome:
    """Threads in order of declaration and all shared words at the end of a run."""

    threads: tuple[ThreadOutcome, ...]
    memory: tuple[Value, ...]


@dataclass(frozen=True)
class Failure:
    """A thread failed at an instruction; `schedule` is the shortest one found."""

    thread: str
    pc: int
    kind: FailureKind
    schedule: tuple[Step, ...]


@dataclass(frozen=True)
class Violation:
    """An invariant did not hold in the state after `schedule`."""

    invariant: str
    schedule: tuple[Step, ...]


@dataclass(frozen=True)
class Leak:
    """A thread ended while it held the mutex."""

    thread: str
    mutex: str
    schedule: tuple[Step, ...]


@dataclass(frozen=True)
class Wait:
    """A thread that cannot step: the instruction it waits in, its object, and for whom (None: nobody)."""

    thread: str
    pc: int
    op: Op
    object: str | None
    waits_for: str | None


@dataclass(frozen=True)
class Deadlock:
    """No step is possible, but threads wait; `cycle` are the threads of a waiting cycle, if there is one."""

    waits: tuple[Wait, ...]
    cycle: tuple[str, ...]
    outcome: Outcome
    schedule: tuple[Step, ...]

    @property
    def is_self_deadlock(self) -> bool:
        """A thread waits for itself."""
        return len(self.cycle) == 1


@dataclass(frozen=True)
class Result:
    """What a search did and found.

    `complete`: everything reachable was covered; otherwise `stopped_by` is the limit that ended it all
    ("states", "depth", "memory", "seconds", "traces", "cancelled", "schedule": a replay that is not possible)
    or `bounds` says what was cut off ("preemptions", "contexts", "buffer", "messages", "depth", "sampled",
    "outcomes", "findings"). `states` and `transitions` are 0 in stateless searches, `traces`, `blocked` and
    `steps` in stateful ones; `schedules` is None unless asked for, or when the state graph has a cycle or the
    number is 2**127 or more. `outcomes` and `deadlocks` are distinct; `traces` counts complete runs only.
    `starved` are threads that some cycle of states passes by although they could step in a part of it and
    every thread that is always able to step does.
    """

    states: int
    transitions: int
    schedules: int | None
    traces: int
    deadlocked_traces: int
    blocked: int
    steps: int
    depth: int
    outcomes: tuple[Outcome, ...]
    deadlocks: tuple[Deadlock, ...]
    failures: tuple[Failure, ...]
    violations: tuple[Violation, ...]
    leaks: tuple[Leak, ...]
    starved: tuple[str, ...]
    cyclic: bool
    complete: bool
    stopped_by: str | None
    bounds: tuple[str, ...]
    last_schedule: tuple[Step, ...]
    memory_bytes: int
    seconds: float


_MODELS = {"sc": 0, "tso": 1, "pso": 2, "ra": 3}
_BOUNDS = ("preemptions", "contexts", "buffer", "messages", "depth", "sampled", "outcomes", "findings")
_STATUSES: tuple[Status, ...] = ("new", "runnable", "running", "blocked", "sleeping", "completed", "failed")
_OBJECTS = {Op.LOCK: "mutexes", Op.ACQUIRE: "semaphores", Op.AWAIT: "promises", Op.JOIN: "threads"}
_SIGNS = dict(
    zip(
        BinaryOp,
        ("+", "-", "*", "//", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">="),
        strict=True,
    )
)


class Exploration:
    """A search that is ready to run; `cancel` ends it from another thread."""

    def __init__(self, program: Program | ProgramCode, options: Options) -> None:
        self._code = program.build() if isinstance(program, Program) else program
        validate(self._code)
        self._encoded = encode(self._code)
        self._options = options
        self._search = _binding.Search(self._encoded.words, _plain(options))
        if options.algorithm == "replay":
            self._search.schedule([_to_process(self._code, options.model, step) for step in options.schedule])

    def cancel(self) -> None:
        """Make `run` stop soon with `stopped_by` = "cancelled"."""
        self._search.cancel()

    def run(self) -> Result:
        """Search, once."""
        self._search.run()
        return _Reader(self._code, self._encoded, self._search).result()


def explore(program: Program | ProgramCode, options: Options | None = None) -> Result:
    """Search a program; raises `ProgramError` for a malformed one and `_binding.EngineError` for options that
    are out of range or programs that are too large."""
    return Exploration(program, options or Options()).run()


def _plain(options: Options) -> dict[str, int | float]:
    return {
        "model": _MODELS[options.model],
        "algorithm": _binding.ALGORITHMS[options.algorithm],
        "threads": options.workers,
        "buffer_limit": options.buffer_limit,
        "message_limit": options.message_limit,
        "preemption_bound": -1 if options.preemptions is None else options.preemptions,
        "context_bound": -1 if options.contexts is None else options.contexts,
        "pct_depth": options.pct_depth,
        "max_states": options.max_states,
        "max_depth": options.max_depth,
        "max_traces": options.max_traces,
        "max_memory_bytes": options.max_memory_bytes,
        "max_outcomes": options.max_outcomes,
        "max_findings": options.max_findings,
        "seed": options.seed % 2**64,
        "max_seconds": options.max_seconds,
    }


def _to_process(program: ProgramCode, model: Model, step: Step) -> tuple[int, int]:
    """Process number and alternative of a step; the numbers are those of the engine (`internal.h`)."""
    names = [thread.name for thread in program.threads]
    if step.thread not in names:
        raise ProgramError(f"replay: no thread {step.thread!r}")
    thread = names.index(step.thread)
    if step.kind == "step":
        return thread, step.choice
    if model == "pso":
        words = _words(program)
        if step.location not in words:
            raise ProgramError(f"replay: no location {step.location!r}")
        return len(names) + thread * len(words) + words.index(step.location), step.choice
    return len(names) + thread, step.choice


def _words(program: ProgramCode) -> list[str]:
    """Name of each shared word: `x`, or `a[2]` for arrays."""
    return [
        location.name if location.size == 1 else f"{location.name}[{at}]"
        for location in program.locations
        for at in range(location.size)
    ]


class _Reader:
    """Turns the numbers of a finished search into named results."""

    def __init__(self, code: ProgramCode, encoded: Encoded, search: _binding.Search) -> None:
        self._code = code
        self._names = encoded.names
        self._search = search
        self._terms: dict[int, Expr] = {}
        self._words = _words(code)

    def result(self) -> Result:
        counts = self._search.counts()
        number = {name: int(value) for name, value in counts.items() if name != "seconds"}
        deadlocked = self._search.outcomes(1, number["deadlocks"])
        findings = [(*self._search.finding(i), i) for i in range(number["findings"])]
        bounds = tuple(name for bit, name in enumerate(_BOUNDS) if number["bounded"] >> bit & 1)
        stopped = _binding.STOPS.get(number["stopped_by"])
        cut_off = set(bounds) - {"outcomes", "findings"}
        return Result(
            states=number["states"],
            transitions=number["transitions"],
            schedules=(number["schedules_high"] << 64) + number["schedules_low"] if number["schedules_known"] else None,
            traces=number["traces"],
            deadlocked_traces=number["deadlocked_traces"],
            blocked=number["blocked"],
            steps=number["steps"],
            depth=number["depth"],
            outcomes=tuple(self._outcome(o) for o in self._search.outcomes(0, number["outcomes"])),
            deadlocks=tuple(
                self._deadlock(self._outcome(deadlocked[detail]), at)
                for kind, _, _, detail, at in findings
                if kind == 2
            ),
            failures=tuple(
                Failure(self._thread(thread), pc, FailureKind(detail), self._schedule(at))
                for kind, thread, pc, detail, at in findings
                if kind == 1
            ),
            violations=tuple(
                Violation(self._code.invariants[detail].name, self._schedule(at))
                for kind, _, _, detail, at in findings
                if kind == 4
            ),
            leaks=tuple(
                Leak(self._thread(thread), self._code.mutexes[detail].name, self._schedule(at))
                for kind, thread, _, detail, at in findings
                if kind == 3
            ),
            starved=tuple(
                thread.name for at, thread in enumerate(self._code.threads) if number["starved_threads"] >> at & 1
            ),
            cyclic=bool(number["cyclic"]),
            complete=stopped is None and not cut_off,
            stopped_by=stopped,
            bounds=bounds,
            last_schedule=self._steps(self._search.last_schedule()),
            memory_bytes=number["memory_bytes"],
            seconds=float(counts["seconds"]),
        )

    def _thread(self, index: int) -> str:
        return self._code.threads[index].name

    def _schedule(self, finding: int) -> tuple[Step, ...]:
        return self._steps(self._search.finding_schedule(finding))

    def _steps(self, steps: list[tuple[int, int]]) -> tuple[Step, ...]:
        result = []
        for process, choice in steps:
            thread, word, is_buffer = self._search.process(process)
            location = self._words[word] if word >= 0 else None
            result.append(Step(self._thread(thread), "flush" if is_buffer else "step", location, choice))
        return tuple(result)

    def _outcome(self, words: list[int]) -> Outcome:
        threads, at = [], 0
        for thread in self._code.threads:
            registers = words[at + 2 : at + 2 + len(thread.registers)]
            threads.append(ThreadOutcome(_STATUSES[words[at]], words[at + 1], tuple(self._value(v) for v in registers)))
            at += 2 + len(thread.registers)
        return Outcome(tuple(threads), tuple(self._value(v) for v in words[at:]))

    def _deadlock(self, outcome: Outcome, finding: int) -> Deadlock:
        waits, follows = [], {}
        for at, (status, op, obj, other) in enumerate(self._search.finding_waits(finding)):
            if _STATUSES[status] != "blocked":
                continue
            kind = _OBJECTS.get(Op(op))
            named = None if kind is None or obj < 0 else getattr(self._code, kind)[obj].name
            waits_for = self._thread(other) if other >= 0 else None
            waits.append(Wait(self._thread(at), outcome.threads[at].pc, Op(op), named, waits_for))
            if waits_for is not None:
                follows[self._thread(at)] = waits_for
        return Deadlock(tuple(waits), _cycle(follows), outcome, self._schedule(finding))

    def _value(self, value: int) -> Value:
        return value if value < INTEGER_LIMIT else self._term(value)

    def _term(self, root: int) -> Expr:
        """The term as an expression; iterative, because terms may be deep."""
        work = [root]
        while work:
            value = work[-1]
            if value in self._terms:
                work.pop()
                continue
            kind, function, *parts = self._search.term(value)
            arguments = [part for part in parts if part != -(2**63)]
            missing = [part for part in arguments if part >= INTEGER_LIMIT and part not in self._terms]
            if missing:
                work += missing
                continue
            built = [self._terms[p] if p >= INTEGER_LIMIT else Const(p) for p in arguments]
            self._terms[value] = self._build(kind, function, built)
        return self._terms[root]

    def _build(self, kind: int, function: int, arguments: list[Expr]) -> Expr:
        match kind:
            case 1:
                return Symbol(self._names.symbols[function])
            case 2:
                return Apply(self._names.functions[function], tuple(arguments))
            case 3:
                return Select(arguments[0], arguments[1])
            case 4:
                return Update(arguments[0], arguments[1], arguments[2])
            case _:
                return Apply(_SIGNS[BinaryOp(function)], tuple(arguments))


def _cycle(follows: dict[str, str]) -> tuple[str, ...]:
    """The first cycle of the wait-for relation, beginning with its first thread in order of declaration."""
    for start in follows:
        path, at = [start], follows[start]
        while at in follows and at not in path:
            path.append(at)
            at = follows[at]
        if at == start:
            return tuple(path)
    return ()
