"""Scenarios: which calls run together, and one execution of them under a schedule.

Strategy: a scenario is a unit set-up (modules loaded, long-lived objects made), two or three calls, a pattern
that says which arguments coincide, and a world that answers questions about data. An execution is a
deterministic function of the scenario and the choices of a scheduler. Serial executions (one call after the
other, background work included) are the reference; interleaved ones are explored by dynamic partial order
reduction in the engine (`krepis.twin.explore`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from krepis.twin.explore import Explorer
from krepis.twin.typescript.canonical import Pattern
from krepis.twin.typescript.checkpoint import Checkpoint, checkpoint
from krepis.twin.typescript.code import FunctionCode
from krepis.twin.typescript.invariants import Watch, begin, look
from krepis.twin.typescript.machine import MAX_EVENTS, Activation, Frame, Machine, Pending, World
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.values import (
    DECORATES,
    UNDEFINED,
    Cancelled,
    Exhausted,
    JsFunction,
    JsPromise,
    JsThrow,
    Park,
    Unsupported,
    Value,
    forget_terms,
    raw,
    term,
)


@dataclass(frozen=True)
class Entry:
    """An entry point. `pick` finds the function and its receiver in a set-up machine.

    An exclusive one never overlaps itself. `home` is the module that it was found from.
    """

    name: str
    code: FunctionCode
    unit: str
    pick: Callable[[Machine], tuple[Value, JsFunction] | None] = field(compare=False, repr=False)
    how: str = "call"
    exclusive: bool = False
    home: str = ""


@dataclass
class Execution:
    """What one execution did; `choices` are the positions of the events that happened among those that could."""

    machine: Machine
    roots: list[Activation]
    promises: list[JsPromise | None]
    outcome: Any = None
    limit: str = ""
    events: int = 0
    overlapped: bool = False
    watch: Watch | None = None
    choices: list[int] = field(default_factory=list)
    taken: Checkpoint | None = None
    kept: bool = False
    """Whether an anomaly shows it, so that its machine stays as it is."""

    def settled(self, i: int) -> bool:
        """Whether call `i` ended."""
        p = self.promises[i]
        return p is None or p.state != 0


class Scenario:
    """Calls of entries under a pattern; `executions` and `steps` count what was run.

    `idle` are the machines that the next executions may begin with; `often` says that many executions are to come.
    """

    def __init__(self, program: Program, entries: list[Entry], pattern: Pattern) -> None:
        self.program = program
        self.entries = entries
        self.pattern = pattern
        self.executions = 0
        self.steps = 0
        self.processes: dict[Any, int] = {}
        self.locations: dict[Any, int] = {}
        self.idle: list[Checkpoint] = []
        self.often = False

    def again(self, pattern: Pattern | None = None) -> Scenario:
        """The same scenario, or the same calls under another pattern, with counts of its own."""
        other = Scenario(self.program, self.entries, pattern or self.pattern)
        other.idle, other.often = self.idle, self.often
        return other

    def forget_terms(self) -> None:
        """Empty the table of terms but for those of the set-up that the next execution begins with."""
        forget_terms(self.idle[-1].terms if self.idle else None)

    # -- set-up

    def prepare(self, world: World, *, serial: bool = False, reject_at: int = -1) -> Execution | None:
        """A machine with the unit loaded and one pending event per call. Raises Cancelled."""
        cancelled = self.program.cancelled
        if cancelled is not None and cancelled():
            raise Cancelled
        R, picked, taken = self._set_up(world)
        if picked is None:
            return None
        R.serial, R.reject_at = serial, reject_at
        run = Execution(R, [], [], taken=taken)
        for i, (this, f) in enumerate(picked):
            frame = Frame(None, None, 0, i)
            frame.native = self.entries[i].name
            act = Activation((i,), i, frame)
            run.roots.append(act)
            run.promises.append(None)
            R.act = act
            R.pending.append(self._start_event(R, run, i, act, this, f))
        R.act = R.setup_act
        run.watch = begin(R)
        self.executions += 1
        return run

    def _set_up(self, world: World) -> tuple[Machine, list[tuple[Value, JsFunction]] | None, Checkpoint | None]:
        """A machine with the unit loaded; one that was given back, if there is."""
        if self.idle:
            taken = self.idle.pop()
            taken.restore(world, self.pattern)
            if world.before < 0:
                world.before = world.noted = len(world.order)
            return taken.machine, taken.picked, taken
        R = Machine(self.program, world, self.pattern)
        known = world.size()
        picked = []
        for entry in self.entries:
            try:
                found = entry.pick(R)
            except (Exhausted, Unsupported, Park, RecursionError):
                found = None
            if found is None:
                return R, None, None
            picked.append(found)
        R.settle_setup()
        if world.before < 0:
            world.before = world.noted = len(world.order)
        R.pending.clear()
        R.created.clear()
        R.micro.clear()
        R.log.clear()
        R.operations = 0
        R.external_count = 0
        R.promises.clear()
        R.bounds.clear()
        R.cut.clear()
        R.entries.clear()
        R.invoked.clear()
        R.reads.clear()
        R.writes.clear()
        R.tracking = True
        if not self.often or R.asked or world.size() != known:
            return R, picked, None
        return R, picked, checkpoint(R, picked)

    def _start_event(self, R: Machine, run: Execution, i: int, act: Activation, this: Value, f: JsFunction) -> Pending:
        entry = self.entries[i]

        def end(frame: Frame, value: Value) -> None:
            saved = R.frame
            R.frame = frame
            R._log("X", ("end", i), value, 0)
            R.frame = saved

        def fire() -> bool:
            saved = R.act, R.frame
            R.act, R.frame = act, act.frame
            R._log("B", ("call", i), entry.name, 0)
            promise = R.new_promise()
            run.promises[i] = promise
            promise.observed = promise.handled = True
            root = act.frame
            promise.reactions.append(lambda state, v: end(root, v))
            try:
                args = arguments(R, f, i)
                result = R.call(f, this, args, 0)
                r = raw(result)
                act.result = r
                if r.__class__ is JsPromise:
                    r.observed = r.handled = True
                R.resolve(promise, result)
            except JsThrow as e:
                R.reject(promise, e.value, e.ctrl)
            except Unsupported as u:
                code = entry.code
                R.unsupported.add((code.module.path, u.line or code.span[0], u.message))
                R.resolve(promise, UNDEFINED)
            except Park:
                pass
            finally:
                R.act, R.frame = saved
            return False

        p = Pending(("start", i), entry.name, fire, act)
        return p

    # -- running

    def fire(self, run: Execution, p: Pending) -> tuple[set[Any], set[Any], list[Pending]]:
        """One event; returns what it read and wrote and which events it created."""
        R = run.machine
        R.reads, R.writes, R.created = set(), set(), []
        R._fire(p)
        run.events += 1
        self.steps += 1
        if run.watch is not None:
            look(R, run.watch)
        if len(R.pending) > 1 and not run.overlapped:
            run.overlapped = sum(1 for q in R.pending if q.due is None) > 1
        if run.events > MAX_EVENTS:
            raise Exhausted("events")
        if run.watch is not None and not run.watch.watched().isdisjoint(R.reads | R.writes):
            return R.reads | run.watch.watched(), R.writes, R.created  # who sees one part may see the others broken
        return R.reads, R.writes, R.created

    def run(
        self, world: World, choose: Callable[[Execution, list[Pending]], Pending | None], **how: Any
    ) -> Execution | None:
        """One execution to its end under a scheduler."""
        run = self.prepare(world, **how)
        if run is None:
            return None
        R = run.machine
        try:
            while True:
                ready = R.enabled()
                if not ready:
                    break
                p = choose(run, ready)
                if p is None:
                    break
                run.choices.append(ready.index(p))
                self.fire(run, p)
        except Exhausted as e:
            run.limit = e.limit
        except RecursionError:
            run.limit = "recursion"
        except (Unsupported, Park):
            run.limit = "unsupported"
        R.tracking = False
        return run

    def serial(self, world: World, order: list[int], late_timers: bool, **how: Any) -> Execution | None:
        """The calls in `order`, which may leave some out, one after the other."""

        def choose(run: Execution, ready: list[Pending]) -> Pending | None:
            for i in order:
                mine = [p for p in ready if p.act.root == i and p.key == ("start", i)]
                others = [p for p in ready if p.act.root == i and p.key != ("start", i)]
                if mine:
                    return mine[0]
                plain = [p for p in others if p.due is None]
                if plain:
                    return plain[0]
                if others and (not late_timers or not run.settled(i)):
                    return others[0]
            return next((p for p in ready if p.act.root in order or p.act.root < 0), None)

        return self.run(world, choose, **how)

    def location(self, loc: Any) -> int:
        """A number for a location, stable over the executions of a scenario."""
        found = self.locations.get(loc)
        if found is None:
            found = len(self.locations)
            self.locations[loc] = found
        return found

    def process(self, p: Pending) -> int:
        """A number for an event, stable over equivalent executions."""
        found = self.processes.get(p.key)
        if found is None:
            found = len(self.processes)
            self.processes[p.key] = found
        return found

    def interleavings(self, world: World, max_traces: int, reject_at: int = -1) -> Iterator[Execution]:
        """Executions that represent every interleaving, up to equivalence and `max_traces`."""
        explorer = Explorer(max_traces=max_traces, max_steps=MAX_EVENTS + 8)
        while explorer.start():
            run = self.prepare(world, reject_at=reject_at)
            if run is None:
                explorer.finish()
                return
            R = run.machine
            complete = True
            try:
                while True:
                    ready = R.enabled()
                    if not ready:
                        break
                    numbers = {self.process(p): p for p in ready}
                    chosen = explorer.choose(sorted(numbers))
                    if chosen < 0:
                        complete = False
                        break
                    run.choices.append(ready.index(numbers[chosen]))
                    reads, writes, created = self.fire(run, numbers[chosen])
                    if len(R.pending) and any(p.due is not None for p in R.pending):
                        reads.add(("clock",))
                    if numbers[chosen].due is not None:
                        writes.add(("clock",))
                    explorer.record(
                        chosen,
                        [self.location(x) for x in reads],
                        [self.location(x) for x in writes],
                        [self.process(p) for p in created if p in R.pending or p is numbers[chosen]],
                    )
            except Exhausted as e:
                run.limit = e.limit
            except RecursionError:
                run.limit = "recursion"
            except (Unsupported, Park):
                run.limit = "unsupported"
            explorer.finish()
            R.tracking = False
            try:
                if complete:
                    yield run
            finally:
                self.give_back(run)
        self.stopped = explorer.stopped_by

    stopped: str | None = None

    @staticmethod
    def close(run: Execution) -> None:
        """Unwinds what is still suspended."""
        run.machine.ended = True

    def give_back(self, run: Execution) -> None:
        """Closes an execution that nobody looks at any more; the next one may begin with its machine."""
        self.close(run)
        self.often = True
        if run.taken is not None and not run.kept:
            self.idle.append(run.taken)


def arguments(R: Machine, f: JsFunction, call: int) -> list[Value]:
    """Unknown arguments for call number `call`, typed by the annotations."""
    inner = f
    while DECORATES in inner.props or (inner.code is None and ("wraps",) in inner.props):
        inner = inner.props.get(DECORATES) or inner.props[("wraps",)]
    code = inner.code
    if code is None:
        return []
    R.called[call] = code
    out: list[Value] = []
    for i, name in enumerate(code.param_names):
        ref = code.param_types[i] if i < len(code.param_types) else None
        clean = name.lstrip(".")
        if not clean.replace("_", "a").replace("$", "a").isalnum():
            clean = f"arg{i + 1}"
        if name.startswith("..."):
            t = term("arg", call, clean)
            out.append(t)
            continue
        typed = (ref, code.module) if ref is not None else None
        t = term("arg", call, clean)
        if typed is not None and t.type is not typed:
            t.type = typed
        elif typed is None:
            t.type = None
        out.append(R.unknown(t, typed))
    return out
