"""Looks at the entry points of a unit: which scenarios to run, in which worlds, and what their executions show.

Strategy. Each entry alone first (a profile: what it touches, where it suspends, which locks and flags it leaves
behind when something fails, what it starts and never awaits, races among its own parts). Then pairs whose
profiles conflict, under argument patterns that the profile suggests (all arguments equal, all different, one
key different, two keys swapped). Each pattern is explored world by world: the questions that executions ask are
flipped breadth first. Every bound that cuts something off leaves a note.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice, pairwise, permutations
from typing import Any, NamedTuple

from krepis.twin.typescript import lexicon, oracle
from krepis.twin.typescript.canonical import Pattern, is_parsed, meeting, path_of
from krepis.twin.typescript.intrinsics import user_frame
from krepis.twin.typescript.invariants import Broken, Subject
from krepis.twin.typescript.machine import Access, Frame, Lock, Machine, Way, World
from krepis.twin.typescript.program import LOCK_CLASSES, Program
from krepis.twin.typescript.recording import Recording, record
from krepis.twin.typescript.scenario import Entry, Execution, Scenario
from krepis.twin.typescript.terms import subjects
from krepis.twin.typescript.unknowns import refusal
from krepis.twin.typescript.values import (
    UNDEFINED,
    JsFunction,
    JsObject,
    JsPromise,
    Rest,
    Term,
    V,
    forget_terms,
    raw,
    renewed,
)

MAX_WORLDS = 10
"""Answers to unknown predicates tried for one pattern."""
MAX_PROFILE_WORLDS = 8
"""The same for one entry alone."""
MORE_WORLDS = 16
"""Worlds beyond these that let code run which has not run yet."""
MAX_NAMES = 3
"""Functions that a note names."""
QUIET_WORLDS = 3
"""Worlds after which an entry that touched nothing shared is left alone."""
MAX_ARMED = 6
"""Pairs of a unit of which one has to set what the other waits for."""
MAX_TRIPLE_WORLDS = 3
"""Answers to unknown predicates tried for three calls."""
MAX_FAILURES = 2
"""External operations whose failure is tried beside another call."""
MAX_PATTERNS = 10
"""Argument patterns of one pair."""
MAX_TRACES = 120
"""Interleavings of one pattern in one world."""
OPERATIONS_UNIT = 100
"""Operations that count like another execution."""
SELF_SHARE = 4
"""How much more is spent on an entry against itself than on two different ones."""
MAX_PAIRS = 40
"""Pairs of one unit."""
MAX_REJECTIONS = 10
"""External operations of one entry whose failure is tried."""


@dataclass
class Anomaly:
    """Something wrong, before it is worded: where, which kind, and the execution that shows it."""

    kind: str
    severity: str
    frame: Frame
    site: int
    run: Execution
    names: list[str]
    read: Access | None = None
    foreign: Access | None = None
    act: Access | None = None
    detail: str = ""
    states: int = 0
    traces: int = 0
    data_site: tuple[Frame, int] | None = None
    recording: Recording | None = None

    def where(self) -> tuple[str, int]:
        """(module path, line)."""
        code = self.frame.code
        assert code is not None
        frame, site = self.data_site or (self.frame, self.site)
        return code.module.path, frame.code.module.sites[site][0] if frame.code is not None else code.span[0]


@dataclass
class Profile:
    """What an entry does alone; `limited` says that its first execution was cut off.

    `stuck` is a world in which it waits for ever because of what it has written itself.
    """

    entry: Entry
    reads: set[Any] = field(default_factory=set)
    writes: set[Any] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    plain_arguments: set[str] = field(default_factory=set)
    suspends: bool = False
    hangs: bool = False
    limited: bool = False
    queues: bool = False
    failing: list[int] = field(default_factory=list)
    looks: dict[tuple[Any, str], None] = field(default_factory=dict)
    calls: set[tuple[str, int]] = field(default_factory=set)
    by: dict[Any, set[Any]] = field(default_factory=dict)
    within: set[tuple[str, int]] | None = None
    acts: set[Any] = field(default_factory=set)
    stuck: World | None = None


Spent = tuple[int, int, float]
"""States and traces that were explored, and the CPU seconds that it took."""


@dataclass
class UnitResult:
    """The findings and figures of one unit."""

    anomalies: list[Anomaly] = field(default_factory=list)
    scenarios: int = 0
    states: int = 0
    traces: int = 0
    bounds: set[tuple[str, int, str]] = field(default_factory=set)
    unsupported: set[tuple[str, int, str]] = field(default_factory=set)
    spent: dict[Entry, Spent] = field(default_factory=dict)

    @contextmanager
    def spending(self, *entries: Entry) -> Iterator[None]:
        """What is added within counts for each of `entries`."""
        states, traces, started = self.states, self.traces, time.process_time()
        yield
        more = self.states - states, self.traces - traces, time.process_time() - started
        for entry in {*entries}:
            known = self.spent.get(entry, (0, 0, 0.0))
            self.spent[entry] = known[0] + more[0], known[1] + more[1], known[2] + more[2]


class Budget:
    """What one piece of work may take: executions, the same everywhere, and CPU seconds, as a last resort."""

    def __init__(self, seconds: float, executions: int = 1 << 30) -> None:
        self.end = time.process_time() + seconds
        self.left = executions

    def spend(self, run: Execution) -> bool:
        """Accounts for one execution, long ones for more; whether nothing is left."""
        self.left -= 1 + run.machine.operations // OPERATIONS_UNIT
        return self.spent()

    def spent(self) -> bool:
        """Whether nothing is left."""
        return self.left <= 0 or time.process_time() > self.end

    def limit(self) -> str:
        """Which limit was met."""
        return "number of executions" if self.left <= 0 else "time"


class Worlds:
    """Worlds by flipping answers, breadth first; the caller runs executions on each as it comes.

    Those that may let code run which has not run yet come first as long as they are `urgent`, else last. What was
    asked while the program was set up is flipped only every third time.
    Another answer about a number that was asked about before, and has changed since, comes before others: there
    calls meet.
    """

    def __init__(self) -> None:
        self.given = 0
        self.urgent = True
        self.guided = False
        self.entered: set[Way] = set()
        self._world: World | None = None
        self._own: deque[tuple[World, int]] = deque()
        self._before: deque[tuple[World, int]] = deque()
        self._promising: deque[tuple[World, int]] = deque()
        self._seen: set[frozenset[tuple[Term, bool]]] = set()

    def __call__(self, limit: int, more: int = 0) -> Iterator[World]:
        """At most `limit` worlds, and then `more` that let other code run."""
        world: World | None = World()
        while world is not None:
            self.given += 1
            self._world = world
            yield world
            self._flip()
            world = self._next(self.given < limit) if self.given < limit + more else None

    def left_out(self) -> str:
        """What did not run although other answers may let it run; empty when there is no such thing."""
        self._flip()
        ways = {way for world, i in self._promising for way in world.leads[world.order[i]]} - self.entered
        places = sorted({(code.module.path, code.span[0], code.name, site, yes) for _, code, site, yes in ways})
        names = list(dict.fromkeys(name or "a callback" for _, _, name, *_ in places))
        if not names:
            return ""
        shown = ", ".join(names[:MAX_NAMES]) + (f" and {len(names) - MAX_NAMES} more" if len(names) > MAX_NAMES else "")
        what = "1 branch" if len(places) == 1 else f"{len(places)} branches"
        return f"{what} of {shown} did not run: only {self.given} answers to unknown conditions were tried"

    def _flip(self) -> None:
        """What else can be answered in the last world."""
        world, self._world = self._world, None
        if world is None:
            return
        self.entered |= world.entered
        asked: set[Any] = set()
        for i, q in enumerate(world.order):
            numeric = q.op == "lt0" or (q.op == "seq" and isinstance(q.args[1], int | float))
            number = subjects(q)[-1] if numeric else None
            again = number is not None and number in asked
            asked.add(number)
            if q in world.fixed:
                continue
            queue = self._own if i >= world.before else self._before
            (queue.appendleft if again else queue.append)((world, i))
            if q in world.leads:
                self._promising.append((world, i))

    def _next(self, any_other: bool) -> World | None:
        world = None if any_other and not self.urgent else self._untouched()
        self.guided = world is not None
        if world is None and any_other:
            world = self._any()
        if world is None and not self.urgent:
            world = self._untouched()
        return world

    def _untouched(self) -> World | None:
        """A world that may let code run which has not run yet."""
        world = None
        while world is None and self._promising:
            parent, i = self._promising.popleft()
            if not self.entered.issuperset(parent.leads[parent.order[i]]):
                world = self._flipped(parent, i)
        return world

    def _any(self) -> World | None:
        world = None
        while world is None and (self._own or self._before):
            first, second = (self._before, self._own) if self.given % 3 == 0 else (self._own, self._before)
            world = self._flipped(*(first or second).popleft())
        return world

    def _flipped(self, world: World, i: int) -> World | None:
        """A world in which a question has the other answer; None if there was one."""
        answers = {p: world.answers[p] for p in world.order[:i]}
        answers[world.order[i]] = not world.answers[world.order[i]]
        key = frozenset(answers.items())
        if key in self._seen:
            return None
        self._seen.add(key)
        return World(answers)


def fifo(run: Execution, ready: list[Any]) -> Any:
    """The scheduler that does first what was asked first."""
    plain = [p for p in ready if p.due is None]
    return plain[0] if plain else ready[0]


def profile_all(
    program: Program, entries: list[Entry], result: UnitResult, seconds: float, effort: int
) -> list[Profile]:
    """Every entry of a unit alone, with at most about `effort` executions each."""
    budget = Budget(seconds * max(1, min(len(entries), 6)))
    profiles: list[Profile] = []
    forget_terms()  # not between entries: their locations are compared
    for entry in entries:
        with result.spending(entry):
            profile = profile_entry(program, entry, result, Budget(seconds, effort))
        if profile is not None:
            profiles.append(profile)
        if budget.spent():
            result.bounds.add(
                (entry.code.module.path, entry.code.span[0], "time limit met; the rest of the unit was not explored")
            )
            break
    return profiles


@dataclass(frozen=True)
class Bounds:
    """What one scenario may take, and how many calls it has; `effort` is in executions."""

    seconds: float
    effort: int
    max_states: int
    calls: int


def explore_all(program: Program, profiles: list[Profile], result: UnitResult, bounds: Bounds) -> None:
    """The conflicting pairs of a unit, and three calls of one entry where that may show more."""
    seconds, effort = bounds.seconds, bounds.effort
    budget = Budget(seconds * max(1, min(len(profiles), 6)))
    pairs = sorted(interesting(profiles), key=lambda p: p[0])
    if len(pairs) > MAX_PAIRS:
        code = pairs[0][1].entry.code
        result.bounds.add(
            (code.module.path, code.span[0], f"only {MAX_PAIRS} of {len(pairs)} pairs of entry points were explored")
        )
    for _, a, b in pairs[:MAX_PAIRS]:
        forget_terms()
        share = Budget(seconds, effort * SELF_SHARE if a is b else effort)
        with result.spending(a.entry, b.entry):
            explore_pair(program, a, b, result, share, bounds.max_states)
        if budget.spent():
            result.bounds.add(
                (
                    a.entry.code.module.path,
                    a.entry.code.span[0],
                    "time limit met; the rest of the unit was not explored",
                )
            )
            break
    explore_triples(program, profiles, result, bounds)
    explore_armed(program, profiles, result, bounds)
    explore_hanging(program, profiles, result)


def explore_armed(program: Program, profiles: list[Profile], result: UnitResult, bounds: Bounds) -> None:
    """Three calls where one alone returns at once, because another has to set something before it does its work."""
    for a, b in islice(armed(profiles), MAX_ARMED):
        for entries, pattern in (
            ([b.entry, a.entry, b.entry], Pattern("different arguments", None)),
            ([b.entry, a.entry, a.entry], Pattern("the same arguments")),
        ):
            forget_terms()
            scenario = Scenario(program, entries, pattern)
            budget = Budget(bounds.seconds, bounds.effort)
            with result.spending(a.entry, b.entry):
                found = explore_pattern(scenario, result, budget, bounds.max_states, MAX_TRIPLE_WORLDS)
                result.scenarios += 1
                result.states += scenario.steps
                result.traces += scenario.executions
            seen = {x.where() for x in result.anomalies}
            result.anomalies.extend(x for x in found if x.where() not in seen)


def armed(profiles: list[Profile]) -> Iterator[tuple[Profile, Profile]]:
    """Entries that did nothing alone although they can wait, each with one that sets at once what they looked at."""
    setters = [(p, {_place_of(x) for x in p.writes}) for p in profiles if not p.suspends and not p.hangs]
    for a in profiles:
        if not (a.suspends or a.acts or a.hangs or a.entry.exclusive) and a.entry.code.has_await:
            looks = {_place_of(x) for x in a.reads if x[0] in ("prop", "cell", "array")}
            yield from ((a, b) for b, sets in setters if looks & sets)


def explore_hanging(program: Program, profiles: list[Profile], result: UnitResult) -> None:
    """Entries that wait for another one, which then waits for them; the other way round both end.

    Also those that keep themselves waiting, when no other entry, nor the same one again, wakes them.
    """
    for a in self_stuck(profiles):
        explore_stuck(program, a, profiles, result)
    for a in profiles:
        if not a.hangs or a.limited:
            continue
        stuck: Execution | None = None
        names: list[str] = []
        for b in profiles:
            if b.hangs or b is a:
                continue
            forget_terms()
            scenario = Scenario(program, [a.entry, b.entry], Pattern("the same arguments"))
            behind = scenario.serial(World(), [0, 1], False)
            ahead = scenario.serial(World(), [1, 0], False)
            if behind is None or ahead is None or behind.limit or ahead.limit:
                continue
            _collect(result, behind)
            result.traces += 2
            result.states += scenario.steps
            if behind.settled(0):
                stuck = None
                break  # it only waits until the other one comes
            ends = ahead.settled(0) and ahead.settled(1) and not _waiting(ahead, 1)
            if ends and _waiting(behind, 1) and not behind.machine.parked:
                stuck, names = behind, [a.entry.name, b.entry.name]
        if stuck is not None:
            R = stuck.machine
            waiting = [x for x in _waiting(stuck, 0) if not R.program.is_model(_path(x[0]))]
            if waiting:
                f, at = waiting[-1]
                detail = "one waits for what only the other one does"
                result.anomalies.append(Anomaly("deadlock", "error", f, at, stuck, names, detail=detail))


def self_stuck(profiles: list[Profile]) -> list[Profile]:
    """Entries that, in some world, keep themselves waiting."""
    return [p for p in profiles if p.stuck is not None and not p.limited]


def explore_stuck(program: Program, a: Profile, profiles: list[Profile], result: UnitResult) -> None:
    """Reports a call that keeps itself waiting, unless some other call wakes it."""
    waits: Execution | None = None
    world = a.stuck or World()
    for b in profiles:
        forget_terms()
        scenario = Scenario(program, [a.entry, b.entry], Pattern("the same arguments"))
        run = scenario.serial(World(dict(world.answers)), [0, 1], False)
        result.traces += 1
        result.states += scenario.steps
        if run is None or run.limit or run.settled(0) or run.machine.parked:
            return
        waits = run if b is a else waits
    if waits is not None:
        waiting = [x for x in _waiting(waits, 0) if x[0].code is not None and not program.is_model(_path(x[0]))]
        if waiting:
            f, at = waiting[0]
            result.anomalies.append(Anomaly("deadlock", "error", f, at, waits, [a.entry.name], detail="a turn"))


def _waits_for_own_doing(run: Execution) -> bool:
    """Whether a call waits, for ever, because of a flag or count that it has set and nobody else had set before."""
    R = run.machine
    if run.settled(0) or R.pending or R.parked or R.excused:
        return False
    last = {a.loc: a for a in R.log if a.kind == "W" and oracle.durable(a.loc)}
    for frame, _ in _waiting(run, 0):
        for i in oracle.bits(frame.ctrl):
            read = R.log[i]
            write = last.get(read.loc)
            value = raw(read.value)
            known = value is True or (value.__class__ in (int, float) and read.loc[0] in ("cell", "prop"))
            if read.kind == "R" and known and write is not None and write.index < i and write.root == 0:
                return True
    return False


def _path(frame: Frame) -> str:
    return frame.code.module.path if frame.code is not None else ""


def explore_triples(program: Program, profiles: list[Profile], result: UnitResult, bounds: Bounds) -> None:
    """Three calls of an entry, where two show nothing: of each if asked for, else of those that queue up."""
    for a in profiles:
        budget = Budget(bounds.seconds, bounds.effort)
        if not (a.queues or (bounds.calls > 2 and a.writes)) or not a.suspends or a.hangs or a.entry.exclusive:
            continue
        if any(a.entry.name in x.names for x in result.anomalies):
            continue
        forget_terms()
        scenario = Scenario(program, [a.entry] * 3, Pattern("the same arguments"))
        with result.spending(a.entry):
            found = explore_pattern(scenario, result, budget, bounds.max_states, MAX_TRIPLE_WORLDS)
            result.scenarios += 1
            result.states += scenario.steps
            result.traces += scenario.executions
        result.anomalies.extend(found[:1])


def interesting(profiles: list[Profile]) -> Iterator[tuple[tuple[int, int, int], Profile, Profile]]:
    """Pairs that touch the same state, the same entry twice first."""
    touched = [
        ({_place_of(x) for x in p.reads if oracle.common(x)}, {_place_of(x) for x in p.writes if oracle.common(x)})
        for p in profiles
    ]
    for i, a in enumerate(profiles):
        for j in range(i, len(profiles)):
            b = profiles[j]
            (reads, writes), (others, rivals) = touched[i], touched[j]
            if not (a.suspends or b.suspends) or a.hangs or b.hangs or (i == j and a.entry.exclusive):
                continue
            places = (writes & others) | (rivals & reads) | {x for x in writes & rivals if x[0] == "lock"}
            # What both do in the same function (a middleware, say) shows when each runs against itself.
            # A place that only one of them changes is another matter: it may be the other's argument.
            turned = (writes ^ rivals) & places
            meet = bool(places) if i == j else bool(turned) or any(a.by.get(x) != b.by.get(x) for x in places)
            if meet or _iterates(a, b) or _iterates(b, a) or (i == j and _fields(a)):
                yield (0 if i == j else 1, i, j), a, b


def touching(p: Profile) -> tuple[tuple[str, int], ...]:
    """The functions of which the text touches what is shared."""
    return tuple(sorted({(c.module.path, c.index) for codes in p.by.values() for c in codes if c is not None}))


Places = tuple[tuple[str, bool, tuple[str, ...]], ...]
"""Memory and locks that outlive an entry: a name, whether it changes them, and the modules whose code touches them."""


def meeting_places(p: Profile) -> Places:
    """Where an entry can meet entries of other files."""
    out: dict[str, tuple[bool, set[str]]] = {}
    for locs, changes in ((p.reads, False), (p.writes, True)):
        for loc in locs:
            if loc[0] in ("cell", "prop", "entry", "array", "keys", "lock") and oracle.common(loc):
                place = _place_of(loc)
                changed, modules = out.get(repr(place), (False, set()))
                modules |= {c.module.path for c in p.by.get(place, ()) if c is not None}
                out[repr(place)] = (changed or changes, modules)
    return tuple(sorted((name, changed, tuple(sorted(modules))) for name, (changed, modules) in out.items()))


def explore_across(program: Program, pairs: list[tuple[Entry, Entry]], result: UnitResult, bounds: Bounds) -> None:
    """Pairs of entries of different files."""
    entries = list(dict.fromkeys(entry for pair in pairs for entry in pair))
    known = {p.entry: p for p in profile_all(program, entries, UnitResult(), bounds.seconds, bounds.effort)}
    for pair in pairs:
        for _, a, b in interesting([known[entry] for entry in pair if entry in known]):
            if a is not b:
                with result.spending(a.entry, b.entry):
                    explore_pair(program, a, b, result, Budget(bounds.seconds, bounds.effort), bounds.max_states)


def _fields(a: Profile) -> bool:
    """Whether an entry sets several fields of one object."""
    objects = [loc[1] for loc in a.writes if loc[0] == "prop" and oracle.durable(loc)]
    return len(objects) > len(set(objects))


def _iterates(a: Profile, b: Profile) -> bool:
    """Whether both look into a container that one changes, under keys of different names or by going through it."""
    if a is not b and {ident for ident, _ in a.looks} & {loc[1] for loc in b.writes if loc[0] == "entry"}:
        return True
    through = {loc[1] for loc in a.reads if loc[0] == "keys"}
    changed = {loc[1] for loc in a.writes | b.writes if loc[0] == "entry"}
    return any(loc[0] == "entry" and loc[1] in through and loc[1] in changed for loc in b.reads | b.writes)


def _place_of(loc: Any) -> Any:
    """A location without its unknown keys, which are other terms in every scenario; rows stand for their table."""
    if loc[0] in ("row", "table", "kv", "store"):
        return "data", loc[1]
    if loc[0] == "keys":
        return "entry", *loc[1:]
    return tuple(
        [
            x
            for x in loc
            if x.__class__ is not Term and not (x.__class__ is tuple and any(y.__class__ is Term for y in x))
        ]
    )


def _collect(result: UnitResult, run: Execution) -> None:
    R = run.machine
    result.bounds |= R.bounds
    result.unsupported |= R.unsupported
    if run.limit:
        code = next((e for e in [run.roots[0].frame] if e.code is not None), None)
        del code
        result.bounds.add((*_place(run), f"one execution met its limit of {run.limit}"))


def _place(run: Execution) -> tuple[str, int]:
    for a in reversed(run.machine.log):
        if a.frame.code is not None:
            frame, _ = user_frame(a.frame, run.machine)
            if frame.code is not None:
                return frame.code.module.path, frame.code.span[0]
    return "", 0


# ---------------------------------------------------------------------- one entry alone


def profile_entry(program: Program, entry: Entry, result: UnitResult, budget: Budget) -> Profile | None:
    """Runs an entry alone: what it touches, and the faults that need no rival."""
    effort = budget.left
    profile = Profile(entry, plain_arguments=set(entry.code.param_names))
    scenario = Scenario(program, [entry], Pattern("alone"))
    keys: dict[str, None] = {}
    queues: set[Any] = set()
    seen_kinds: set[tuple[str, tuple[str, int]]] = set()

    def report(anomaly: Anomaly) -> None:
        key = (anomaly.kind, anomaly.where())
        if key not in seen_kinds:
            seen_kinds.add(key)
            anomaly.states, anomaly.traces = scenario.steps, scenario.executions
            anomaly.recording = record(scenario, anomaly.run)
            result.anomalies.append(anomaly)

    any_run = False
    good: Execution | None = None
    ended: list[Execution] = []
    concurrent = False
    externals = 0
    grown = 0
    complete_runs = 0
    worlds = Worlds()
    for n, world in enumerate(worlds(MAX_PROFILE_WORLDS, MORE_WORLDS)):
        if n >= QUIET_WORLDS and not worlds.guided:
            if not any(map(oracle.durable, profile.reads | profile.writes)) and not concurrent:
                break  # it touches nothing that outlives it
            if n >= QUIET_WORLDS + grown:
                break  # the last worlds showed nothing new
        before = len(profile.reads) + len(profile.writes)
        run = scenario.run(world, fifo)
        if run is None:
            break
        any_run = True
        profile.limited = profile.limited or (n == 0 and bool(run.limit))
        budget.spend(run)
        R = run.machine
        _collect(result, run)
        profile.calls.update((c.module.path, c.index) for c in R.invoked)
        for a in R.log:
            if a.loc[0] == "lock" or (a.kind in ("R", "W") and oracle.durable(a.loc) and _orders(a.value)):
                profile.queues = True
            if a.loc[0] in ("entry", "prop"):
                if _is_queue(a.value):
                    queues.add(a.loc)
                elif a.loc in queues and a.kind == "W":
                    profile.queues = True  # what orders calls is dropped when one thinks that nobody waits
            if a.loc[0] == "entry" and a.loc[3].__class__ is Term:
                path = path_of(a.loc[3])
                if path is not None and not is_parsed(path):
                    profile.looks[a.loc[1], path] = None
            if a.kind in ("R", "W", "L", "Q"):
                (profile.reads if a.kind == "R" else profile.writes).add(a.loc)
                profile.by.setdefault(_place_of(a.loc), set()).add(user_frame(a.frame, R)[0].code)
            if a.kind == "E" or (a.kind == "W" and oracle.durable(a.loc)):
                profile.acts.add(a.loc)
        if run.events > 1 or R.externals:
            profile.suspends = True
        within = innermost_of_all(run)
        if within is not None:
            profile.within = within if profile.within is None else profile.within & within
        keys.update(R.key_terms)
        if not run.limit:
            if run.settled(0):
                complete_runs += 1
            cycles = list(self_deadlocks(run, entry))
            for anomaly in cycles:
                report(anomaly)
            if not cycles and profile.stuck is None and _waits_for_own_doing(run):
                profile.stuck = World(dict(world.answers))
            for anomaly in leaks(run, entry, None):
                report(anomaly)
            if run.settled(0) and (good is None or not any(f[2] for f in _flags(good).values())):
                good = run
            ended.append(run)
            for anomaly in floating(run, entry):
                report(anomaly)
            for check in (unwaited, dropped, misuses):
                for anomaly in check(run, entry):
                    report(anomaly)
            externals = max(externals, R.external_count)
            concurrent = concurrent or internally_concurrent(run)
        if len(profile.reads) + len(profile.writes) > before:
            grown = n + 1
        scenario.close(run)
        if budget.spent():
            break
    if not any_run:
        result.bounds.add((entry.code.module.path, entry.code.span[0], f"{entry.name} could not be set up"))
        return None
    if good is not None and _succeeded(good):
        for run in ended:
            for anomaly in leaks(run, entry, good):
                report(anomaly)
    if any(run.machine.given_back for run in ended):
        for run in ended:
            for anomaly in kept(run, entry):
                report(anomaly)
    if left_out := worlds.left_out():
        result.bounds.add((entry.code.module.path, entry.code.span[0], left_out))
    profile.keys = list(keys)
    profile.hangs = complete_runs == 0
    if concurrent:
        explore_internal(scenario, entry, result, report, Budget(budget.end - time.process_time(), effort))
    if externals and any(loc[0] in ("lock", "cell", "prop", "entry") for loc in profile.writes):
        base = scenario.run(World(), fifo)
        for i in range(min(externals, MAX_REJECTIONS)):
            if budget.spent():
                break
            run = scenario.run(World(), fifo, reject_at=i)
            if run is None or run.limit:
                continue
            _collect(result, run)
            if _shared_writes(run) - _shared_writes(base):
                profile.failing.append(i)
            for anomaly in [*leaks(run, entry, base), *misuses(run, entry)]:
                report(anomaly)
            scenario.close(run)
    result.scenarios += 1
    result.states += scenario.steps
    result.traces += scenario.executions
    return profile


def _shared_writes(run: Execution | None) -> Counter[Any]:
    """How often each location that outlives the calls was written."""
    return (
        Counter(a.loc for a in run.machine.log if a.kind == "W" and oracle.durable(a.loc))
        if run is not None
        else Counter()
    )


def _orders(value: Any) -> bool:
    """Whether state of this kind lets calls wait for each other: a flag, a promise, the function that wakes another."""
    v = raw(value)
    return v is True or isinstance(v, JsPromise | JsFunction)


def _is_queue(value: Any) -> bool:
    """Whether a value is a lock or queue of a library."""
    v = raw(value)
    return isinstance(v, JsObject) and v.cls is not None and v.cls.name in LOCK_CLASSES


def innermost_of_all(run: Execution) -> set[tuple[str, int]] | None:
    """The functions inside one run of which everything shared was touched; None if nothing was.

    A function that runs a callback of its caller does not hold what the callback does.
    """
    common: list[Frame] | None = None
    seen: set[int] = set()
    for a in run.machine.log:
        if a.kind in ("R", "W", "L", "Q", "E") and (a.kind == "E" or a.loc[0] == "lock" or oracle.durable(a.loc)):
            if id(a.frame) in seen:
                continue
            seen.add(id(a.frame))
            frames = oracle.chain(a.frame)
            for i in range(len(frames) - 1, 0, -1):
                outer = frames[i].code
                given = (n for n in range(i) if outer is not None and oracle.inside(frames[n].code, outer))
                first = next(given, None)
                if first is not None:
                    frames = frames[: first + 1] + frames[i:]
                    break
            common = frames if common is None else [f for f in common if any(f is g for g in frames)]
            if len(common) < 2:
                return set()
    if common is None:
        return None
    codes = [f.code for f in common if f.code is not None]
    return {(c.module.path, c.index) for c in codes[:-1]}


def internally_concurrent(run: Execution) -> bool:
    """Whether parts of one call overlapped, and something was touched by several of them and changed."""
    if run.machine.timer_seq:
        return True
    if not run.overlapped and sum(a.kind == "A" for a in run.machine.log) < 2:
        return False
    touched: dict[Any, tuple[set[int], list[bool]]] = {}
    for a in run.machine.log:
        if a.kind in ("R", "W"):
            frames, changed = touched.setdefault(a.loc, (set(), []))
            frames.add(id(a.frame))
            if a.kind == "W":
                changed.append(True)
    return any(len(frames) > 1 and changed for frames, changed in touched.values())


def explore_internal(scenario: Scenario, entry: Entry, result: UnitResult, report: Any, budget: Budget) -> None:
    """Races among the concurrent parts of one call: the reference runs each part to its end when it is called."""
    for world in Worlds()(MAX_PROFILE_WORLDS):
        fails = False  # whether there is anything whose failure makes a difference
        for reject_at in (-1, 0):
            if reject_at == 0 and not fails:
                break
            reference = scenario.serial(world, [0], False, serial=True, reject_at=reject_at)
            if reference is None or reference.limit:
                fails = True
                continue
            fails = fails or reference.machine.external_count > 0
            expected = oracle.outcome(reference)
            wanted = result_picture(reference, 0)
            scenario.close(reference)
            for run in scenario.interleavings(world, MAX_TRACES, reject_at):
                fails = fails or run.machine.external_count > 0
                if run.limit or not run.settled(0):
                    continue
                for anomaly in misuses(run, entry):
                    report(anomaly)
                    return
                got = oracle.outcome(run)
                if got == expected and result_picture(run, 0) == wanted:
                    continue
                acts = oracle.stale_acts(run, True, None)
                local = [a for a in acts if a.read.root == a.act.root == a.foreign.root]
                if local and (local[0].same and (local[0].data or got != expected)):
                    report(anomaly_of(local[0], run, acts, [entry.name], scenario))
                    return
                if budget.spent():
                    return


def result_picture(run: Execution, i: int) -> Any:
    """What a call returned or threw."""
    p = run.promises[i]
    if p is None:
        return ("never",)
    return (p.state, oracle._plain(run.machine.snapshot(p.value)))


def self_deadlocks(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """A call that waits for a lock which it holds itself."""
    R = run.machine
    if run.settled(0):
        return
    yield from waits_for_itself(run, entry)
    for lock in R.locks:
        for p, frame, site in lock.waiters:
            if p.state == 0 and frame.root == 0 and any(f.root == 0 for f, _ in lock.holders):
                f, at = second_acquisition(R, frame, site)
                if f.code is None:
                    continue
                yield Anomaly("deadlock", "error", f, at, run, [entry.name], detail=lock.label)


def waits_for_itself(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """A call that waits for a promise which only what is waiting can settle: a lock of its own making, taken twice."""
    R = run.machine
    if R.pending or R.parked or R.excused:
        return
    for p in reversed(R.promises):
        if p.act is not None and p.act.root == 0 and not p.act.done and _awaits_itself(p):
            frame = p.act.frame
            if frame.code is not None and not R.program.is_model(frame.code.module.path):
                detail = "a promise of its own"
                yield Anomaly("deadlock", "error", frame, p.act.await_site, run, [entry.name], detail=detail)
                return
    awaited = {id(p.act.frame): p.act.awaits for p in R.promises if p.act is not None and p.act.awaits is not None}
    waiting = [x for x in _waiting(run, 0) if id(x[0]) in awaited]
    turns = {
        id(f): [b.served and b.owner is not None and b.owner.root == 0 for b in _bases(awaited[id(f)])]
        for f, _ in waiting
    }
    if all(all(own) for own in turns.values()):  # and none waits for anything else
        for frame, site in reversed(waiting):
            if turns[id(frame)] and not R.program.is_model(_path(frame)):
                yield Anomaly("deadlock", "error", frame, site, run, [entry.name], detail="a turn")
                return
    for p in R.promises:
        act = p.act
        if act is None or act.root != 0 or act.done or act.parked or act.awaits is None:
            continue
        awaited = act.awaits
        if awaited.state or awaited.act is not None or awaited.owner is None or awaited.owner.root != 0:
            continue
        if not awaited.settlers or any(f.shared for f in awaited.settlers):
            continue  # somebody else may settle it
        frames = oracle.chain(act.frame)
        for inner, outer in pairwise(frames):
            if outer is not act.frame and outer.code is act.frame.code and inner.code is not None:
                below = frames[frames.index(inner) - 1]
                if inner is not act.frame and not R.program.is_model(inner.code.module.path):
                    yield Anomaly(
                        "deadlock", "error", inner, below.site, run, [entry.name], detail="a promise of its own"
                    )
                    return


def _awaits_itself(p: JsPromise) -> bool:
    """Whether the asynchronous function behind a promise waits, through others, for that promise."""
    todo, seen = [p.act.awaits], set()
    while todo:
        x = todo.pop()
        if x is p:
            return True
        if isinstance(x, JsPromise) and not x.state and id(x) not in seen:
            seen.add(id(x))
            todo.append(x.act.awaits if x.act is not None else x.waits_for)
        elif isinstance(x, tuple | list):
            todo.extend(x)
    return False


def _bases(p: JsPromise) -> Iterator[JsPromise]:
    """The promises that one waits for, ultimately, as long as they are not settled."""
    todo, seen = [p], set()
    while todo:
        x = todo.pop()
        if not isinstance(x, JsPromise) or x.state or id(x) in seen:
            continue
        seen.add(id(x))
        if isinstance(x.waits_for, tuple | list):
            todo.extend(x.waits_for)
        elif isinstance(x.waits_for, JsPromise):
            todo.append(x.waits_for)
        elif x.act is None:
            yield x


def second_acquisition(R: Machine, frame: Frame, site: int) -> tuple[Frame, int]:
    """Where a call waits for a lock, looking through the helper that it took its other locks with."""
    f, at = user_frame(frame, R)
    if f is frame:
        at = site
    held = [h for lock in R.locks for h, _ in lock.holders if h.root == frame.root]
    helpers = {h.code for h in held if h.code is not None and h.parent is not None and h.parent.code is not None}
    while f.code in helpers and f.parent is not None and f.parent.code is not None and not any(h is f for h in held):
        f, at = f.parent, f.site
    return f, at


def _returns_release(run: Execution) -> bool:
    """Whether the call hands out what it holds (then somebody else gives it back)."""
    p = run.promises[0]
    if p is None or p.state != 1:
        return False
    v = raw(p.value)
    if isinstance(v, JsFunction):
        return True
    if isinstance(v, JsObject):
        return any(isinstance(raw(x), JsFunction) for x in v.props.values()) or v.cls is not None
    return False


def leaks(run: Execution, entry: Entry, base: Execution | None) -> Iterator[Anomaly]:
    """Locks that the finished call still holds, and flags that it gives back only when all goes well."""
    R = run.machine
    if not run.settled(0) or _returns_release(run):
        return
    for lock in R.locks:
        for frame, site in lock.holders:
            if frame.root == 0 and frame.code is not None and not _still_running(run):
                if _handed_over(lock, R):
                    continue
                yield Anomaly("lock-leak", "error", frame, site, run, [entry.name], detail=lock.label)
    if base is None or not base.settled(0) or _still_running(run):
        return
    good, bad = _flags(base), _flags(run)
    for loc, (first, last, restored) in bad.items():
        if restored or last is not first or loc not in good or not good[loc][2] or not _guarded(R, first):
            continue
        if _swept(base.machine, good[loc][1]):
            continue
        if R.reject_at < 0 and good[loc][1].event > _end_of(base, 0):
            continue  # the other path leaves it to what it started; this one has no need to
        frame, site = holder(R, first, good[loc][1])
        if frame.code is not None:
            yield Anomaly("lock-leak", "error", frame, site, run, [entry.name], act=first, detail=str(loc[-1]))


def kept(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """Advisory locks that a finished call leaves to its connection, though on another path it gives them back."""
    R = run.machine
    if run.settled(0) and not _still_running(run):
        for frame, site in R.kept.values():
            user, at = user_frame(frame, R)
            if user.code is not None:
                at = site if user is frame else at
                yield Anomaly("lock-leak", "error", user, at, run, [entry.name], detail="an advisory lock")


def _guarded(R: Machine, mark: Access) -> bool:
    """Whether a mark was set only because it was not set yet."""
    bits = mark.ctrl
    while bits:
        low = bits & -bits
        bits ^= low
        a = R.log[low.bit_length() - 1]
        if a.kind == "R" and a.loc == mark.loc:
            return True
    return False


def _swept(R: Machine, release: Access) -> bool:
    """Whether a mark was found to be taken away by going through all of them."""
    return any(R.log[i].loc == ("keys", *release.loc[1:3]) for i in oracle.bits(release.ctrl) if R.log[i].kind == "R")


def holder(R: Machine, mark: Access, release: Access) -> tuple[Frame, int]:
    """The function that takes and gives back, and where in it the mark is set; the frames may be of two executions."""
    frame, site = user_frame(mark.frame, R)
    if frame is mark.frame:
        site = mark.site
    giving = {(f.code.module.path, f.code.index) for f in oracle.chain(release.frame) if f.code is not None}
    f, at = frame, site
    while f.code is not None and (f.code.module.path, f.code.index) not in giving:
        if f.parent is None or f.parent.code is None:
            return frame, site
        f, at = f.parent, f.site
    return f, at


def _succeeded(run: Execution) -> bool:
    p = run.promises[0]
    return p is not None and p.state == 1


def _still_running(run: Execution) -> bool:
    """Whether something that the call started is still going on."""
    return any(p.due is not None for p in run.machine.pending)


def _handed_over(lock: Lock, R: Machine) -> bool:
    """Whether what holds a permit was stored where others find it, and can give it back."""
    taken = next((a.index for a in R.log if a.kind == "L" and a.loc == lock.loc), len(R.log))
    stored = (raw(a.value) for a in R.log[taken:] if a.kind == "W" and a.root == 0 and oracle.durable(a.loc))
    parts = (raw(part) for v in stored if isinstance(v, JsObject) for part in v.props.values())
    return any(isinstance(part, JsObject) and part.ident == lock.ident for part in parts)


def _flags(run: Execution) -> dict[Any, tuple[Access, Access, bool]]:
    """Flags, in-flight marks and counters: first and last write, and whether they are back where they were."""
    out: dict[Any, tuple[Access, Access, bool]] = {}
    read: dict[Any, Any] = {}
    counted: dict[Any, Any] = {}
    for a in run.machine.log:
        if a.kind not in ("R", "W") or a.loc[0] not in ("cell", "prop", "entry") or not oracle.durable(a.loc):
            continue
        value = raw(a.value)
        first = out.get(a.loc)
        if a.kind == "R":
            read[a.loc] = value
        elif first is None:
            if value is True or (a.loc[0] == "entry" and value is not UNDEFINED and not _is_queue(value)):
                out[a.loc] = (a, a, False)
            elif _number(value) and _number(read.get(a.loc)) and value != read[a.loc]:
                out[a.loc] = (a, a, False)
                counted[a.loc] = read[a.loc]
        elif a.loc in counted:
            out[a.loc] = (first[0], a, value == counted[a.loc])
        else:
            out[a.loc] = (first[0], a, value is False or value is UNDEFINED or value is None)
    return out


def _number(value: Any) -> bool:
    return (value.__class__ is int or value.__class__ is float) or (
        value.__class__ is Term and (value.op in ("lin", "init") or value.type is not None)
    )


def floating(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """Asynchronous calls that nobody waits for although the caller relies on them."""
    R = run.machine
    done = _end_of(run, 0)
    for p in R.promises:
        if p.act is None or p.observed or p.site is None or p.act.root != 0:
            continue
        parent, site = p.site
        own = p.act.frame
        if parent is None or parent.code is None or own.code is None:
            continue
        if R.program.is_model(parent.code.module.path) and R.program.is_model(own.code.module.path):
            continue  # what a library does with its own promises
        frame, at = user_frame(parent, R)
        if frame.code is None:
            continue
        if frame is parent:
            at = site
        later: dict[Any, int] = {}
        effects = False
        first: Access | None = None
        within = _inside_of(own)
        for a in R.log:
            if within(a.frame):
                if first is None:
                    first = a
                if a.event > first.event:
                    if a.kind == "W":
                        later[a.loc] = a.index
                        if a.loc[0] in ("row", "kv", "store"):
                            effects = True
                    elif a.kind == "E":
                        effects = True
        relies = first is not None and any(
            a.kind == "R" and first.index < a.index < later.get(a.loc, 0) and a.event <= done and not within(a.frame)
            for a in R.log
        )
        looped = _discarded_by_callback(p, R)
        if p.state != 0 and first is None:
            continue
        if _transacted(run, own) and R.program.discarded(frame.code.module, at):
            relies = True  # the transaction ends without it, or without knowing that it failed
        if looped and (relies or effects):
            yield Anomaly("floating-promise", "error", frame, at, run, [entry.name])
        elif relies or (effects and _works_after(run, parent, p, done) and _goes_on(run, own, first)):
            yield Anomaly("floating-promise", "error" if relies else "warning", frame, at, run, [entry.name])


def _inside_of(own: Frame) -> Callable[[Frame], bool]:
    """Whether frames are called from one, at whatever depth; each is looked at once."""
    known: dict[int, bool] = {}

    def within(frame: Frame) -> bool:
        answer = known.get(id(frame))
        if answer is None:
            answer = known[id(frame)] = any(f is own for f in oracle.chain(frame))
        return answer

    return within


def _transacted(run: Execution, own: Frame) -> bool:
    """Whether a statement within a function took effect later than it was made: with the transaction around it."""
    made: dict[int, int] = {}
    for a in run.machine.log:
        if a.loc[0] == "row" and any(f is own for f in oracle.chain(a.frame)):
            if a.kind == "W" and a.event > made.get(id(a.frame), a.event):
                return True
            made.setdefault(id(a.frame), a.event)
    return False


def misuses(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """What a library forbids at this time, and what a timer that fired meanwhile had decided otherwise."""
    R = run.machine
    for a in R.log:
        if a.kind == "D":
            frame, site = user_frame(a.frame, R)
            # What is taken back because something failed was no lease.
            lease = a.loc[1].startswith("a lease")
            if frame.code is not None and not (lease and (R.reject_at >= 0 or not _succeeded(run))):
                yield Anomaly(
                    "order-violation",
                    "error",
                    frame,
                    site if frame is not a.frame else a.site,
                    run,
                    [entry.name],
                    detail=a.loc[1],
                )
        elif a.kind == "C":
            decided = {w.loc for w in R.log if w.kind == "W" and w.event == a.value}
            for w in R.log[a.index :]:
                if w.root == a.root and w.loc in decided and w.event > a.value:
                    if w.kind == "W" and w.frame.code is not None:
                        yield Anomaly("order-violation", "error", w.frame, w.site, run, [entry.name], act=w)
                        return
                    decided.discard(w.loc)


def dropped(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """Statements to a database that nobody waits for although something relies on them.

    They are never sent, or are part of a transaction, or change rows that the call goes on working with.
    """
    R = run.machine
    if not _succeeded(run):
        return
    for started, frame in R.lazy:
        user, site = user_frame(frame, R)
        if not started and user is not frame and user.code is not None and R.program.discarded(user.code.module, site):
            yield Anomaly("floating-promise", "error", user, site, run, [entry.name])
    for p in R.promises:
        if p.operation is None or p.observed or p.site is None:
            continue
        user, site = user_frame(p.site[0], R)
        if user.code is None or user.root != 0:
            continue
        if user is p.site[0]:
            site = p.site[1]
        if not R.program.discarded(user.code.module, site):
            continue
        own = [a for a in R.log if a.loc[0] == "row" and any(f is p.operation for f in oracle.chain(a.frame))]
        changed = {a.loc[1] for a in own if a.kind == "W"}
        committed = any(a.kind == "W" and a.event > own[0].event for a in own)
        if committed or any(a.loc[0] == "row" and a.loc[1] in changed and a.root == 0 and a not in own for a in R.log):
            yield Anomaly("floating-promise", "error", user, site, run, [entry.name])


def unwaited(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """Results of unknown asynchronous calls that nobody waits for, or only when what they work on is gone."""
    R = run.machine
    if not _succeeded(run):
        return
    for frame, site, index, promised in R.unwaited.values():
        code = frame.code
        if not promised or code is None or frame.root < 0 or R.program.is_model(code.module.path):
            continue
        if any(a.kind in ("W", "E") and a.root == frame.root for a in R.log[index:]) and R.program.discarded(
            code.module, site
        ):
            yield Anomaly("floating-promise", "error", frame, site, run, [entry.name])
    for t, frame, site, start, end in R.waited:
        code = frame.code
        if code is None or R.program.is_model(code.module.path):
            continue
        if lexicon.classify(str(t.args[0])) is lexicon.Verb.DELETE:
            continue
        gone = [
            a.loc[-1]
            for a in R.log[start:end]
            if a.kind == "W" and a.loc[0] in ("kv", "store") and a.root == frame.root and _deletes(a)
        ]
        if any(k.__class__ is Term and _mentions(t, k) for key in gone if key.__class__ is tuple for k in key):
            yield Anomaly("floating-promise", "error", frame, site, run, [entry.name])


def _deletes(a: Access) -> bool:
    return raw(a.value) in (None, UNDEFINED, "deleted") or (a.loc[0] == "row" and raw(a.value) is False)


def _mentions(t: Any, part: Term) -> bool:
    """Whether a term is made of another."""
    todo, seen = [t], set()
    while todo:
        x = todo.pop()
        if x is part:
            return True
        if x.__class__ is Term:
            if x not in seen:
                seen.add(x)
                todo.extend(x.args)
        elif x.__class__ in (tuple, frozenset):
            todo.extend(x)
    return False


def _end_of(run: Execution, i: int) -> int:
    for a in run.machine.log:
        if a.kind == "X" and a.loc == ("end", i):
            return a.event
    return run.events


def _discarded_by_callback(p: Any, R: Machine) -> bool:
    """Whether the promise was the result of a callback that ignores results (forEach)."""
    return bool(getattr(p, "label", "") == "ignored")


def _goes_on(run: Execution, own: Frame, first: Access | None) -> bool:
    """Whether the caller acted or waited after it had started the work."""
    return first is not None and any(
        a.index > first.index and a.kind in ("W", "E", "A") and not any(f is own for f in oracle.chain(a.frame))
        for a in run.machine.log
    )


def _works_after(run: Execution, parent: Frame, p: Any, done: int) -> bool:
    """Whether the call ended while external work that it started and did not await was outstanding."""
    own = p.act.frame
    return any(
        a.event > done and a.kind in ("W", "E") and any(f is own for f in oracle.chain(a.frame))
        for a in run.machine.log
    )


# ---------------------------------------------------------------------- pairs


def patterns(a: Profile, b: Profile) -> list[Pattern]:
    """Which arguments of the two calls coincide: all, none, all but one key, two keys swapped."""
    out = [Pattern("the same arguments")]
    keys = list(dict.fromkeys(a.keys + b.keys))[:4]
    out.append(Pattern("different arguments", None))
    others: dict[Any, list[str]] = {}
    for ident, path in b.looks:
        others.setdefault(ident, []).append(path)
    for ident, path in a.looks:
        for other in others.get(ident, ()):
            if other != path and path not in others[ident] and all(p.swapped != {other: path} for p in out):
                out.append(Pattern(f"{other} and {path} the same", frozenset(), {other: path}))
    others_too = a.plain_arguments | b.plain_arguments | set(keys)
    if len(keys) > 1 and others_too > set(keys):
        out.append(Pattern("only the keys the same", None, None, frozenset(keys)))
    for k in keys:
        if others_too > {k}:
            out.append(Pattern(f"only {k} the same", None, None, frozenset({k})))
    if len(keys) > 1:
        for k in keys:
            out.append(Pattern(f"another {k}", frozenset({k})))
        for i in range(len(keys)):
            for j in range(i + 1, len(keys)):
                parents = {key.rsplit(".", 1)[0] for key in (keys[i], keys[j])}
                if len(parents) == 1 or "." not in keys[i] + keys[j]:
                    out.append(
                        Pattern(f"{keys[i]} and {keys[j]} swapped", frozenset(), {keys[i]: keys[j], keys[j]: keys[i]})
                    )
    return out[:MAX_PATTERNS]


def explore_pair(program: Program, a: Profile, b: Profile, result: UnitResult, budget: Budget, max_states: int) -> None:
    """Two calls under every pattern and world until the budget is spent."""
    seen, causes = {x.where() for x in result.anomalies}, {cause_of(x) for x in result.anomalies}
    containers: dict[Any, tuple[str, ...]] = {}
    for ident, path in [*a.looks, *b.looks]:
        containers[ident] = tuple(dict.fromkeys([*containers.get(ident, ()), path]))
    tried = [(p, -1) for p in patterns(a, b)]
    tried += [(Pattern("different arguments, and a failure", None), i) for i in a.failing[:MAX_FAILURES]]
    expected = list(map(meeting((a.reads, a.writes), (b.reads, b.writes)), [p for p, _ in tried]))
    for n, (pattern, reject_at) in enumerate(tried):
        forget_terms()
        pattern.keys = {renewed(ident): paths for ident, paths in containers.items()}
        scenario = Scenario(program, [a.entry, b.entry], pattern)
        left = len(tried) - n
        share = Budget(
            budget.end - time.process_time(), budget.left // 2 if n == 0 and left > 2 else -(-budget.left // left)
        )
        before = share.left
        found = explore_pattern(scenario, result, share, max_states, reject_at=reject_at, meets=expected[n])
        budget.left -= before - share.left
        if share.left <= 0:
            result.bounds.add(
                (
                    a.entry.code.module.path,
                    a.entry.code.span[0],
                    f"limit of executions met while exploring {a.entry.name} with {b.entry.name}",
                )
            )
        result.scenarios += 1
        result.states += scenario.steps
        result.traces += scenario.executions
        for anomaly in found:
            if anomaly.where() not in seen and cause_of(anomaly) not in causes:
                seen.add(anomaly.where())
                causes.add(cause_of(anomaly))
                result.anomalies.append(anomaly)
        if budget.spent():
            result.bounds.add(
                (
                    a.entry.code.module.path,
                    a.entry.code.span[0],
                    f"limit of {budget.limit()} met while exploring {a.entry.name} with {b.entry.name}",
                )
            )
            return


def explore_pattern(
    scenario: Scenario,
    result: UnitResult,
    budget: Budget,
    max_states: int,
    max_worlds: int = MAX_WORLDS,
    reject_at: int = -1,
    meets: bool = True,
    more_worlds: int = MORE_WORLDS,
) -> list[Anomaly]:
    """One pattern in all its worlds; the anomalies of the first world that shows any, and deadlocks.

    `meets` is false when the calls are not expected to touch the same state; then one world has to confirm it.
    """
    names = [e.name for e in scenario.entries]
    found: dict[tuple[str, tuple[str, int]], Anomaly] = {}
    worlds = Worlds()
    met = False
    for world in worlds(max_worlds, more_worlds):
        allowed: Allowed = {}
        belated: set[Any] = set()
        lasting: set[Subject] = set()
        hung = False
        usable = True
        conflict = False
        timers = False
        one = scenario.entries[0]
        symmetric = (
            all(e is one for e in scenario.entries)
            and not scenario.pattern.swapped
            and scenario.pattern.different == frozenset()
        )
        calls = range(len(names))
        for order in [list(calls)] if symmetric else [list(o) for o in permutations(calls)]:
            for late in (False, True):
                if late and not timers:
                    continue
                run = scenario.serial(world, order, late, reject_at=reject_at)
                if run is None:
                    return []
                budget.spend(run)
                _collect(result, run)
                timers = timers or any(a.loc == ("timer",) for a in run.machine.log) or _used_timers(run)
                if run.limit:
                    usable = False
                if late:
                    belated.add(oracle.outcome(run))
                else:
                    allowed.setdefault(oracle.outcome(run), []).append(
                        Serial(successes(run), run.machine.asked, order, alike(run), bool(run.machine.refused))
                    )
                hung = hung or not all(run.settled(i) for i in range(len(names)))
                lasting.update(b.subject for b in _left_broken(run))
                scenario.close(run)
                if not late and not conflict:
                    conflict = conflicts(run)
                    if not conflict and not timers:
                        break  # calls that do not meet in one order do not meet in any
            if not conflict and not timers:
                break
        meets = meets or conflict
        met = met or conflict
        worlds.urgent = not met
        if not usable or not conflict:
            if budget.spent() or not meets:
                break
            continue
        partial: dict[tuple[int, ...], set[Any]] = {}
        for run in scenario.interleavings(world, MAX_TRACES, reject_at):
            _collect(result, run)
            if run.limit or (run.machine.excused and run.machine.deadlocked is None):
                continue
            for anomaly in judge(scenario, run, world, allowed, belated, partial, hung, names):
                key = (anomaly.kind, anomaly.where())
                old = found.get(key)
                if old is None or cost(run) < cost(old.run):
                    anomaly.states, anomaly.traces = scenario.steps, scenario.executions
                    found[key] = anomaly
            for anomaly in invariants_broken(scenario, run, lasting, names):
                key = (anomaly.kind, anomaly.where())
                found.setdefault(key, anomaly)
            if budget.spend(run) or scenario.steps >= max_states:
                break
        if scenario.steps >= max_states:
            result.bounds.add(
                (*_entry_place(scenario), f"only {max_states} states of {' with '.join(names)} were explored")
            )
            break
        if scenario.stopped:
            result.bounds.add(
                (*_entry_place(scenario), f"only {MAX_TRACES} interleavings of {' with '.join(names)} were explored")
            )
        if found or budget.spent():
            break
    if met and not found and not budget.spent() and (left_out := worlds.left_out()):
        result.bounds.add((*_entry_place(scenario), f"{' with '.join(names)}: {left_out}"))
    for anomaly in found.values():
        anomaly.recording = record(scenario, anomaly.run)
    return best(list(found.values()))


def _entry_place(scenario: Scenario) -> tuple[str, int]:
    code = scenario.entries[0].code
    return code.module.path, code.span[0]


def _used_timers(run: Execution) -> bool:
    return run.machine.timer_seq > 0


def _subset(scenario: Scenario, world: World, calls: tuple[int, ...]) -> set[Any]:
    """The outcomes when only some of the calls happen, one after the other."""
    inner = Scenario(scenario.program, scenario.entries, scenario.pattern)
    outcomes = set()
    for order in permutations(calls):
        run = inner.serial(world, list(order), False)
        if run is not None:
            outcomes.add(oracle.outcome(run))
            inner.close(run)
    scenario.steps += inner.steps
    scenario.executions += inner.executions
    return outcomes


def conflicts(run: Execution) -> bool:
    """Whether two calls touched the same thing and one changed it."""
    touched: dict[int, tuple[set[Any], set[Any]]] = {}
    for a in run.machine.log:
        reads, writes = touched.setdefault(a.root, (set(), set()))
        if a.kind == "W" or a.kind in ("L", "Q", "U"):
            writes.add(a.loc)
        elif a.kind == "R":
            reads.add(a.loc)
    items = list(touched.items())
    for i, (_, (r1, w1)) in enumerate(items):
        for _, (r2, w2) in items[i + 1 :]:
            if w1 & (r2 | w2) or w2 & r1:
                return True
            if any(x[0] == "table" for x in r1 | r2) and any(x[0] == "row" for x in w1 | w2):
                return True
            if any(x[0] in ("keys", "field") for x in r1 | r2):
                if any(oracle.covers(x, y) for x in r1 for y in w2) or any(oracle.covers(x, y) for x in r2 for y in w1):
                    return True
    return False


def cost(run: Execution) -> tuple[int, int]:
    """Context switches, then length: the shortest proof is the best."""
    switches = 0
    last = None
    for a in run.machine.log:
        if a.root != last:
            switches += 1
            last = a.root
    return switches, len(run.machine.log)


def _left_broken(run: Execution) -> list[Broken]:
    """The conditions that fail, or may, at the end."""
    return [b for b in run.watch.broken if b.until is None] if run.watch is not None else []


def invariants_broken(scenario: Scenario, run: Execution, lasting: set[Subject], names: list[str]) -> Iterator[Anomaly]:
    """Conditions that fail at the end of this execution but of no serial one, or while another call looks.

    `lasting` are those that a serial execution can leave broken.
    """
    if run.watch is None or not all(run.settled(i) for i in range(len(names))):
        return
    R = run.machine
    for b in run.watch.broken:
        if b.subject in lasting:
            continue
        reads = run.watch.reads[b.subject]
        if b.until is None and (b.fails or any(f.act.loc in reads for f in oracle.stale_acts(run, False, None))):
            acts = [f for f in oracle.stale_acts(run, False, None) if f.act.loc in reads]
            if acts:
                anomaly = anomaly_of(acts[0], run, acts, names, scenario, kind="invariant")
            else:
                anomaly = _at(b.by, run, names, "error")
        elif b.fails and (seen := _seen_broken(R, b, reads)) is not None:
            anomaly = _at(_waiting_after(R, b.by), run, names, "warning")
            anomaly.foreign, anomaly.act = b.by, seen
        else:
            continue
        anomaly.detail = b.condition.text
        anomaly.states, anomaly.traces = scenario.steps, scenario.executions
        yield anomaly


def _at(a: Access, run: Execution, names: list[str], severity: str) -> Anomaly:
    """An invariant that is broken at an access."""
    frame, site = user_frame(a.frame, run.machine)
    return Anomaly("invariant", severity, frame, a.site if frame is a.frame else site, run, names, act=a)


def _seen_broken(R: Machine, b: Broken, reads: set[Any]) -> Access | None:
    """The first read of what a condition is about by another call while it fails."""
    window = R.log[b.since : b.until]
    return next((a for a in window if a.kind == "R" and a.root not in (b.by.root, -1) and a.loc in reads), None)


def _waiting_after(R: Machine, a: Access) -> Access:
    """Where the call of an access suspends after it."""
    return next((x for x in R.log[a.index :] if x.kind == "A" and x.root == a.root), a)


def cause_of(x: Anomaly) -> Any:
    """What is reported once: a stale read and the function that acts on it."""
    return (x.frame.code, x.read.frame.code, x.read.site) if x.read is not None else (x.kind, x.where())


def best(found: list[Anomaly]) -> list[Anomaly]:
    """One anomaly for each stale read in a function, what breaks a declared invariant first, then the first act."""
    found.sort(key=lambda x: (x.kind != "invariant" or x.severity != "error", cost(x.run)))
    causes: dict[Any, Anomaly] = {}
    for x in found:
        cause = cause_of(x)
        old = causes.get(cause)
        if old is None or (old.kind == x.kind and old.where() > x.where()):
            causes[cause] = x
    return [x for x in found if any(x is y for y in causes.values())]


class Serial(NamedTuple):
    """A serial execution: which calls succeeded, what was asked, the order of the calls.

    Also whether results are alike, and whether a call answered with the status of an error.
    """

    succeeded: tuple[bool, ...]
    asked: set[Term]
    order: list[int]
    alike: bool
    refused: bool


Allowed = dict[Any, list[Serial]]
"""The outcomes of serial executions."""


def judge(
    scenario: Scenario,
    run: Execution,
    world: World,
    allowed: Allowed,
    belated: set[Any],
    partial: dict[tuple[int, ...], set[Any]],
    hung: bool,
    names: list[str],
) -> Iterator[Anomaly]:
    """What is wrong with one interleaved execution; `belated` are the outcomes when timers fire after all calls."""
    R = run.machine
    if R.deadlocked is not None:
        frame, site = user_frame(R.deadlocked, R)
        if frame.code is not None and any(p is not None and p.state == 2 for p in run.promises):
            yield Anomaly("deadlock", "error", frame, site, run, names, detail="a row lock")
        return
    if not all(run.settled(i) for i in range(len(names))):
        if not hung and not R.parked:
            yield from deadlocks(run, names)
        return
    got = oracle.outcome(run)
    if got in allowed or R.reject_at >= 0:  # what failed is given back in any order; what it answers must be its own
        acts = oracle.overwritten(run)
        for f in acts:
            if _flows_out(run, f.act):
                yield anomaly_of(f, run, acts, names, scenario, kind="stale-read")
                return
        if (
            got in allowed
            and all(successes(run))
            and not any(all(s.succeeded) or any(map(_opinion, s.asked - R.asked)) for s in allowed[got])
        ):
            # Every call says that it has done what only one of them can have done.
            acts = [
                f
                for f in oracle.stale_acts(run, False, None)
                if f.act.kind == "W"
                and f.act.loc == f.read.loc
                and not (_deletes(f.act) and lexicon.classify(names[f.act.root]) is lexicon.Verb.DELETE)
                and not (_marks_twice(f, R) and any(s.refused for s in allowed[got]))
            ]
            yield from (anomaly_of(f, run, acts, names, scenario) for f in acts[:1])
        elif got in allowed and alike(run) and not any(s.alike for s in allowed[got]):
            # What each call takes for itself was given to both.
            acts = [f for f in oracle.stale_acts(run, False, None) if _takes(run, f)]
            yield from (anomaly_of(f, run, acts, names, scenario) for f in acts[:1])
        elif got in allowed:
            for i in _fails_only_here(run, allowed):
                lost = oracle.taken_away(run, i)
                if lost is not None:
                    yield anomaly_of(lost, run, [lost], names, scenario, kind="order-violation")
            early = _failed_early(run, allowed)
            if early is not None:
                yield early_anomaly(*early, early[0], run, names, scenario)
        return
    if got in belated:
        for f in oracle.stale_acts(run, False, None):
            if (
                f.read.event <= _end_of(run, f.act.root) < f.act.event
                and not _read_again(run, f)
                and not _harmless(f, R)
            ):
                late = anomaly_of(f, run, [f], names, scenario, kind="order-violation")
                late.frame, late.site = user_frame(f.act.frame, R)
                if late.frame is f.act.frame:
                    late.site = f.act.site
                yield late
                return
        return
    failed = _failed_early(run, allowed)
    if failed is not None:
        yield early_anomaly(*failed, failed[0], run, names, scenario)
        return
    idle = [i for i in range(len(names)) if gave_up(run, i)]
    for without in [[i] for i in idle] + ([idle] if 1 < len(idle) < len(names) else []):
        rest = tuple(i for i in range(len(names)) if i not in without)
        if rest not in partial:
            partial[rest] = _subset(scenario, world, rest)
        if got in partial[rest]:
            return
    if _shared_work(got, allowed):
        return
    changed = _difference(got, allowed)
    acts = oracle.stale_acts(run, False, changed)
    acts = [
        f
        for f in acts
        if not _harmless(f, R)
        and not _claimed(f, R)
        and not _under_way(f, R)
        and (f.act.loc in changed if f.act.kind == "E" else not _private(R, f.act))
    ]
    if not acts:
        for read, write in seen_too_early(run):
            act = next((a for a in R.log if a.loc in changed and (a.tags | a.ctrl) >> read.index & 1), None)
            if act is not None:
                yield early_anomaly(read, write, act, run, names, scenario)
                return
        mixture = oracle.mixed(run)
        if mixture is not None:
            yield anomaly_of(mixture, run, acts, names, scenario, kind="order-violation")
            return
        others = oracle.overwritten(run)
        used = (f for f in others if _flows_out(run, f.act))
        yield from (anomaly_of(f, run, others, names, scenario, kind="stale-read") for f in [*used][:1])
        return
    if _doubtful(scenario, run, world, got, allowed):
        return
    top = _most_telling(acts, R)
    yield anomaly_of(top, run, acts, names, scenario)


def _most_telling(acts: list[oracle.StaleAct], R: Machine) -> oracle.StaleAct:
    """The first act, or a better one for the same stale read: what should not have been done, or was done too late."""
    top = acts[0]
    mine = [f for f in acts if f.same and f.act.kind == "W" and f.act.root == top.act.root]
    if top.act.kind == "E" and top.data:  # the update that the stale read was made for says it better
        updates = (f for f in mine if f.data and f.read.loc == top.read.loc and f.act.loc[0] != "store")
        return next(updates, top)
    if top.same:
        return top
    user = user_frame(top.act.frame, R)[0]
    mine = [f for f in mine if user_frame(f.act.frame, R)[0] is user]
    claims = [f for f in mine if f.act.index < top.act.index and f.read.loc == top.read.loc]
    if claims:  # a write over what was checked, on the way there, is what should have been refused
        return min(claims, key=lambda f: f.act.index)
    records = (
        f
        for f in mine
        if f.act.index > top.act.index and (f.data if f.read.loc[0] == "row" else f.act.loc[0] in oracle.OBJECTS)
    )
    return next((f for f in records if _about(f) == _about(top)), top)


def _about(f: oracle.StaleAct) -> Any:
    """What a stale read looked at: a row as a whole."""
    return f.read.loc[:3] if f.read.loc[0] == "row" else f.read.loc


def seen_too_early(run: Execution) -> Iterator[tuple[Access, Access]]:
    """What calls looked for in memory before another call wrote it, which had announced it: (read, later write).

    An announcement that is taken back is a busy flag, and no announcement.
    """
    log = [a for a in run.machine.log if a.loc[0] in ("cell", "prop", "entry") and oracle.durable(a.loc)]
    writes = [a for a in log if a.kind == "W"]
    seen: dict[int, list[Access]] = {}
    for a in log:
        if a.kind != "R":
            continue
        last = next((w for w in reversed(writes) if w.index < a.index and w.loc == a.loc), None)
        if last is not None:
            if last.root != a.root:
                seen.setdefault(a.root, []).append(last)
            continue
        for w in writes:
            if w.index > a.index and w.root != a.root and w.loc == a.loc:
                marks = (m for m in seen.get(a.root, ()) if m.root == w.root and m.loc != w.loc)
                if any(all(x.loc != m.loc or x.index <= m.index for x in writes) for m in marks):
                    yield a, w


def _fails_only_here(run: Execution, allowed: Allowed) -> list[int]:
    """The calls that threw, and never do when the calls come one after the other."""
    failed = [i for i, p in enumerate(run.promises) if p is not None and p.state == 2]
    return [i for i in failed if all(s.succeeded[i] for runs in allowed.values() for s in runs)]


def _failed_early(run: Execution, allowed: Allowed) -> tuple[Access, Access] | None:
    """What a call that threw had looked for too early, if it never throws in a serial execution."""
    fails = _fails_only_here(run, allowed)
    return next((pair for pair in seen_too_early(run) if pair[0].root in fails), None) if fails else None


def early_anomaly(
    read: Access, write: Access, act: Access, run: Execution, names: list[str], scenario: Scenario
) -> Anomaly:
    """A call that acts on what another one has announced but not done yet."""
    frame, site = user_frame(act.frame, run.machine)
    site = act.site if frame is act.frame else site
    found = Anomaly("order-violation", "error", frame, site, run, names, read, write, act)
    found.states, found.traces = scenario.steps, scenario.executions
    return found


def successes(run: Execution) -> tuple[bool, ...]:
    """Which calls ended well, as far as they say."""
    return tuple([p is not None and p.state == 1 and not _refused(run, i) for i, p in enumerate(run.promises)])


def _refused(run: Execution, i: int) -> bool:
    """Whether a call says that it has not done what it was asked for."""
    p = run.promises[i]
    given = raw(p.value) if p is not None else UNDEFINED
    while given.__class__ is Term and given.op == "await":
        given = given.args[0]
    parts = given.args if given.__class__ is Term and given.op in ("call", "new") else ()
    fields = (x for a in parts if a.__class__ is tuple and a[:1] == ("object",) for x in a[1])
    status = (x[1] for x in fields if x.__class__ is tuple and x[0] == "status")
    return given is False or i in run.machine.refused or any(map(refusal, status))


def _marks_twice(f: oracle.StaleAct, R: Machine) -> bool:
    """Whether both calls only note the same, and the answer holds nothing of what was checked."""
    mark = raw(f.act.value)
    answered = (a.tags for a in R.log if a.kind == "O" and a.root == f.act.root)
    return (
        not isinstance(mark, Term | JsObject)
        and mark == raw(f.foreign.value)
        and not any(R.log[i].loc[:3] == f.read.loc[:3] for tags in answered for i in oracle.bits(tags))
    )


def alike(run: Execution) -> bool:
    """Whether calls gave the same result, and it is one: not nothing, a yes or a no."""
    given = [raw(p.value) if p is not None and p.state == 1 else None for p in run.promises]
    if any(v is None or v is UNDEFINED or v.__class__ is bool for v in given):
        return False
    return len({result_picture(run, i) for i in range(len(given))}) < len(given)


def _takes(run: Execution, f: oracle.StaleAct) -> bool:
    """Whether an act takes from memory, or counts on, what its call returns as it was before.

    Where the result only says that it was taken, the other call has to have taken it in the same place.
    """
    p, bit = run.promises[f.act.root], 1 << f.read.index
    if f.act.kind != "W" or f.act.loc != f.read.loc or f.act.loc[0] not in ("cell", "prop", "entry", "array"):
        return False
    if p is None or not run.machine.deep_tags(p.value) & bit:
        return False
    alike = f.foreign.frame.code is f.act.frame.code and f.foreign.site == f.act.site
    return alike or bool(run.machine.deep_tags(_own_result(run, f.act.root)) & bit)


def _own_result(run: Execution, i: int) -> Any:
    """What a call gave, with what that depends on, but not with what decided that it was given."""
    given = run.roots[i].result
    inner = given.act if isinstance(given, JsPromise) else None
    p = run.promises[i]
    return inner.result if inner is not None else p.value if p is not None else UNDEFINED


def _read_again(run: Execution, f: oracle.StaleAct) -> bool:
    """Whether the call looked once more between the foreign write and its act."""
    between = run.machine.log[f.foreign.index : f.act.index]
    return any(a.kind == "R" and a.root == f.act.root and oracle.covers(a.loc, f.foreign.loc) for a in between)


def gave_up(run: Execution, i: int) -> bool:
    """Whether a call left nothing behind: it had no effect, and what it wrote it took back, or who served it did."""
    marks: dict[Any, Access] = {}
    for a in run.machine.log:
        mine = i in (a.root, a.frame.served)
        if mine and a.kind == "E":
            return False
        if a.kind == "W" and oracle.durable(a.loc):
            served = a.loc in marks and _cleared(a) and a.event <= _end_of(run, i)
            if mine or served:
                marks[a.loc] = a
    return all(map(_cleared, marks.values()))


def _cleared(a: Access) -> bool:
    """Whether a write takes something away."""
    return any(raw(a.value) is nothing for nothing in (UNDEFINED, None, False))


def _doubtful(scenario: Scenario, run: Execution, world: World, got: Any, allowed: Allowed) -> bool:
    """Whether a serial order gives the outcome if unknown functions say otherwise of what only they see there."""
    asked = run.machine.asked
    for extra, order in (
        ({q for q in more - asked if _opinion(q)}, order) for runs in allowed.values() for _, more, order, *_ in runs
    ):
        if extra:
            known = {q: world.answers[q] for q in asked if q in world.answers}
            inner = Scenario(scenario.program, scenario.entries, scenario.pattern)
            again = inner.serial(World(known | {q: not world.answers[q] for q in extra}), order, False)
            if again is not None:
                same = oracle.outcome(again) == got
                inner.close(again)
                if same:
                    return True
    return False


def _opinion(q: Term) -> bool:
    """Whether a question is what an unknown function says of its arguments; what a store holds is no opinion."""
    said = q.args[0] if q.op == "truthy" else None
    return said.__class__ is Term and said.op == "call" and not any(a.__class__ is tuple for a in said.args)


def _shared_work(got: Any, allowed: Iterable[Any]) -> bool:
    """Whether all is as it may be, but for an effect that served several calls where each might have had its own."""
    state, effects = got[0], dict(got[1])
    return any(
        state == other[0]
        and effects.keys() == (more := dict(other[1])).keys()
        and all(effects[e] <= more[e] for e in more)
        for other in allowed
    )


def _difference(got: Any, allowed: Iterable[Any]) -> set[Any]:
    """The locations whose final value, and the effects whose number, differ from the nearest serial outcome."""
    best_diff: set[Any] | None = None
    for want in allowed:
        if want is None:
            continue
        diff = {item[0][0] for item in (got[0] ^ want[0]) | (got[1] ^ want[1]) if isinstance(item[0], tuple)}
        if best_diff is None or len(diff) < len(best_diff):
            best_diff = diff
    return best_diff or set()


def _private(R: Machine, act: Access) -> bool:
    """Whether a write went to something that its call made and no other call touched."""
    if oracle.durable(act.loc) or (act.loc[0] in oracle.OBJECTS and act.loc[1][0][0] != act.root):
        return False
    return all(a.root == act.root for a in R.log if a.loc == act.loc)


def _harmless(f: oracle.StaleAct, R: Machine) -> bool:
    """Acts on gauges, logs and times of last access; what an entry point itself is for is never that."""
    frames = oracle.chain(f.act.frame)
    own = frames[-1].native.partition(".")[0]
    names = [g.code.name for g in frames[:3] if g.code is not None and "." in g.code.name]
    if f.act.kind == "W" and f.act.loc[0] == "prop":
        names.append(f"{f.act.loc[2]}.{f.act.loc[3]}")
    if any(lexicon.is_logger(name) for name in names if name.partition(".")[0] != own):
        return True
    name = str(f.act.loc[-1]).lower() if f.act.kind == "W" else ""
    return name.startswith(("last", "updatedat", "updated_at", "seenat")) and not f.same


def _under_way(f: oracle.StaleAct, R: Machine) -> bool:
    """What a timer goes on doing when the other call clears it: that it was due was decided before it fired."""
    return any(a.kind == "C" and a.root == f.foreign.root and f.read.event < a.value <= f.act.event for a in R.log)


def _claimed(f: oracle.StaleAct, R: Machine) -> bool:
    """Acts on one row of a list that went stale in others: the list was only gone through, and the row taken.

    A row of the list is taken by a statement that checks it and changes it, when no other call changes it meanwhile.
    """
    if f.read.loc[0] != "table" or R.measured >> f.read.index & 1:
        return False
    log = R.log
    wrote = {(a.loc[1:3], a.event) for a in log if a.kind == "W" and a.loc[0] == "row" and a.root == f.act.root}
    depends = f.act.tags | f.act.ctrl
    for a in log[f.read.index :]:
        if a.kind != "R" or a.root != f.act.root or a.loc[0] != "row" or a.loc[1] != f.read.loc[1]:
            continue
        if not any(v.__class__ is Term and v.base.op == "rows" for _, v in a.loc[2]):
            continue
        own = a.event == f.act.event and f.act.loc[1:3] in (a.loc[1:3], a.loc[1:2])
        if (own or depends >> a.index & 1) and a.event <= f.act.event and (a.loc[1:3], a.event) in wrote:
            rivals = (w for w in log if w.kind == "W" and w.loc[0] == "row" and w.loc[1:3] == a.loc[1:3])
            if all(w.root == a.root or w.index > f.act.index for w in rivals):
                return True
    return False


def _flows_out(run: Execution, read: Access) -> bool:
    """Whether a read value reaches what its call returns or answers, or an effect."""
    bit = 1 << read.index
    R = run.machine
    p = run.promises[read.root]
    returned = raw(p.value) if p is not None and p.state == 1 else None
    if (
        returned is not None
        and returned is not UNDEFINED
        and returned.__class__ is not bool
        and p is not None
        and R.deep_tags(p.value) & bit
    ):
        return True
    return any(a.kind in ("E", "O") and a.tags & bit for a in R.log)


def deadlocks(run: Execution, names: list[str]) -> Iterator[Anomaly]:
    """A cycle in the wait-for graph; without known locks, calls that wait for ever though each alone ends."""
    R = run.machine
    waits: dict[int, list[tuple[int, Any, Frame, int, int]]] = {}
    for lock in R.locks:
        for order, (p, frame, site) in enumerate(lock.waiters):
            if p.state == 0:
                for holder, _ in lock.holders:
                    waits.setdefault(frame.root, []).append((holder.root, lock, frame, site, order))
    last: tuple[Any, Frame, int] | None = None
    for root, edges in waits.items():
        for target, lock, frame, site, _ in edges:
            reach, todo = set(), [target]
            while todo:
                n = todo.pop()
                if n in reach:
                    continue
                reach.add(n)
                todo.extend(t for t, *_ in waits.get(n, []))
            if root in reach:
                last = (lock, frame, site)
    if last is not None:
        lock, frame, site = last
        f, at = second_acquisition(R, frame, site)
        if f.code is not None:
            yield Anomaly("deadlock", "error", f, at, run, names, detail=lock.label)
        return
    if waits or R.pending:
        return
    for i, act in enumerate(run.roots):
        if not run.settled(i):
            waiting = [
                x for x in _waiting(run, i) if x[0].code is not None and not R.program.is_model(x[0].code.module.path)
            ]
            if waiting:
                f, at = _through_helpers(run, *waiting[-1])
                yield Anomaly("deadlock", "error", f, at, run, names, detail="a promise that nothing settles any more")
                return
        del act


def _through_helpers(run: Execution, frame: Frame, site: int) -> tuple[Frame, int]:
    """Where a call waits, looking through the asynchronous functions that it has used before: its way of locking."""
    used = Counter(p.act.frame.code for p in run.machine.promises if p.act is not None and p.act.root == frame.root)
    while used[frame.code] > 1 and frame.parent is not None and frame.parent.code is not None:
        if run.machine.program.is_model(_path(frame.parent)):
            break
        frame, site = frame.parent, frame.site
    return frame, site


def _waiting(run: Execution, i: int) -> list[tuple[Frame, int]]:
    """Where the activations of a call are suspended."""
    out = []
    for p in run.machine.promises:
        if p.act is not None and p.act.root == i and not p.act.done and not p.act.parked:
            out.append((p.act.frame, p.act.await_site))
    return out


# ---------------------------------------------------------------------- where to point


def anomaly_of(
    f: oracle.StaleAct,
    run: Execution,
    acts: list[oracle.StaleAct],
    names: list[str],
    scenario: Scenario,
    kind: str | None = None,
) -> Anomaly:
    """Points at the line, in the function that joins the stale read and the act."""
    R = run.machine
    act = f.act
    frame, site = locate(R, f.read, act)
    chosen = kind or oracle.classify(f, run, acts)
    severity = "error"
    if act.loc[0] == "store":
        severity = "warning"
    exact = stale_argument(R, frame, act, f) if kind is None else None
    return Anomaly(
        chosen,
        severity,
        frame,
        site,
        run,
        names,
        f.read,
        f.foreign,
        act,
        data_site=exact,
        states=scenario.steps,
        traces=scenario.executions,
    )


def locate(R: Machine, read: Access, act: Access) -> tuple[Frame, int]:
    """The innermost user frame common to read and act, and the act's site in it."""
    meet = oracle.common_frame(read.frame, act.frame)
    user, user_site = user_frame(act.frame, R)
    if user is act.frame:
        user_site = act.site
    path: list[tuple[Frame, int]] = [(user, user_site)]
    f = user
    while f.parent is not None and f is not meet and f.parent.code is not None:
        if not R.program.is_model(f.parent.code.module.path):
            path.append((f.parent, f.site))
        f = f.parent
    if meet is None or meet.code is None:
        return path[0]
    for frame, site in path:
        if frame is meet or oracle.inside(frame.code, meet.code):
            return frame, site
    up: Frame | None = meet
    while up is not None and up.code is not None:
        for frame, site in path:
            if frame is up:
                return frame, site
        up = up.parent
    return path[0]


def stale_argument(R: Machine, frame: Frame, act: Access, f: oracle.StaleAct) -> tuple[Frame, int] | None:
    """The property inside an argument object that carries the stale value, when it stands on a line of its own."""
    if not f.data:
        return None
    bit = 1 << f.read.index
    g: Frame | None = act.frame
    outer: Frame | None = None
    while g is not None and g is not frame:
        outer = g
        g = g.parent
    if outer is None or outer.args is None:
        return None
    best_site: int | None = None

    def visit(value: Any, depth: int) -> None:
        nonlocal best_site
        value = raw(value)
        if not isinstance(value, JsObject) or depth > 5:
            return
        for k, v in value.props.items():
            if (v.__class__ is V and v.tags & bit) or (isinstance(raw(v), JsObject) and R.deep_tags(v) & bit):
                if value.sites is not None and k in value.sites:
                    best_site = value.sites[k]
                visit(v, depth + 1)

    for a in outer.args:
        if a.__class__ is not Rest:
            visit(a, 0)
    return (frame, best_site) if best_site is not None else None
