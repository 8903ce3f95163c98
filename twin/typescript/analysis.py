"""Looks at the entry points of a unit: which scenarios to run, in which worlds, and what their executions show.

Strategy. Each entry alone first (a profile: what it touches, where it suspends, which locks and flags it leaves
behind when something fails, what it starts and never awaits, races among its own parts). Then pairs whose
profiles conflict, under argument patterns that the profile suggests (all arguments equal, all different, one
key different, two keys swapped). Each pattern is explored world by world: the questions that executions ask are
flipped breadth first. Every bound that cuts something off leaves a note.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import islice, permutations
from typing import Any

from krepis.twin.typescript import oracle
from krepis.twin.typescript.anomaly import Anomaly, anomaly_of, best, cause_of, cost, file_of, suspended
from krepis.twin.typescript.canonical import Pattern, is_parsed, meeting, path_of
from krepis.twin.typescript.intrinsics import user_frame
from krepis.twin.typescript.invariants import Subject
from krepis.twin.typescript.judgement import (
    Allowed,
    Serial,
    alike,
    conflicts,
    empty,
    invariants_broken,
    judge,
    left_broken,
    result_picture,
    successes,
)
from krepis.twin.typescript.machine import Frame, World
from krepis.twin.typescript.parts import Lines, Part, Parts, current, watched
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.recording import record
from krepis.twin.typescript.scenario import Entry, Execution, Scenario
from krepis.twin.typescript.single import (
    counts,
    dropped,
    floating,
    has_succeeded,
    is_queue,
    kept,
    leaks,
    marks,
    misuses,
    self_deadlocks,
    unwaited,
)
from krepis.twin.typescript.values import JsFunction, JsPromise, Term, forget_terms, raw, renewed
from krepis.twin.typescript.worlds import Worlds

MAX_WORLDS = 10
"""Answers to unknown predicates tried for one pattern."""
MAX_PROFILE_WORLDS = 8
"""The same for one entry alone."""
MORE_WORLDS = 16
"""Worlds beyond these that let code run which has not run yet."""
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
class Profile:
    """What an entry does alone; `limited` says that its first execution was cut off.

    `stuck` is a world in which it waits for ever because of what it has written itself. `taken` are counts that it
    takes from and gives back, `moved` those that it leaves otherwise. `part` is the name of the part that it is kept
    as, if it is.
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
    taken: set[Any] = field(default_factory=set)
    moved: set[Any] = field(default_factory=set)
    part: object = None

    def locations(self) -> Iterator[Any]:
        """All locations that it names."""
        yield from (*self.reads, *self.writes, *self.looks, *self.by, *self.acts, *self.taken, *self.moved)

    def renewed(self) -> Profile:
        """The same in terms of the table as it is now, so that its locations can be compared with others'."""
        known: dict[Term, Term] = {}

        def now(locations: Iterable[Any]) -> list[Any]:
            return [renewed(loc, known) for loc in locations]

        return replace(
            self,
            reads=set(now(self.reads)),
            writes=set(now(self.writes)),
            looks=dict.fromkeys(now(self.looks)),
            by=dict(zip(now(self.by), self.by.values(), strict=True)),
            acts=set(now(self.acts)),
            taken=set(now(self.taken)),
            moved=set(now(self.moved)),
        )


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
    parts: UnitParts | None = None

    def add(self, other: UnitResult) -> None:
        """Adds what another has, except its anomalies."""
        self.scenarios += other.scenarios
        self.states += other.states
        self.traces += other.traces
        self.bounds |= other.bounds
        self.unsupported |= other.unsupported
        for entry, more in other.spent.items():
            known = self.spent.get(entry, (0, 0, 0.0))
            self.spent[entry] = known[0] + more[0], known[1] + more[1], known[2] + more[2]

    @contextmanager
    def spending(self, *entries: Entry) -> Iterator[None]:
        """What is added within counts for each of `entries`."""
        states, traces, started = self.states, self.traces, time.process_time()
        yield
        more = self.states - states, self.traces - traces, time.process_time() - started
        for entry in {*entries}:
            known = self.spent.get(entry, (0, 0, 0.0))
            self.spent[entry] = known[0] + more[0], known[1] + more[1], known[2] + more[2]


Found = tuple[UnitResult, Profile | None]
"""What an entry point alone or calls together gave: figures and notes, of one alone also its profile."""
UnitParts = Parts[Found]
"""The parts of a file's verdict."""


def unit_parts() -> UnitParts:
    """No parts yet."""
    return Parts(_carried)


def _carried(program: Program, value: Found, lines: Lines) -> Found | None:
    """A part after lines moved; None when one that it names is gone."""
    result, profile = value
    try:
        bounds, unsupported = (
            {(path, lines[path][line] if path in lines else line, message) for path, line, message in notes}
            for notes in (result.bounds, result.unsupported)
        )
    except KeyError:
        return None
    if profile is not None:
        by = {
            loc: {None if code is None else current(program, code) for code in codes}
            for loc, codes in profile.by.items()
        }
        profile = replace(profile, by=by)
    return replace(result, bounds=bounds, unsupported=unsupported), profile


def _told_again(found: UnitResult, entries: Iterable[Entry]) -> UnitResult:
    """Figures of entry points that have been discovered anew since."""
    now = {_entry_key(entry): entry for entry in entries}
    return replace(found, spent={now[_entry_key(entry)]: figures for entry, figures in found.spent.items()})


def _entry_key(entry: Entry) -> tuple[Any, ...]:
    return entry.code.module.path, entry.code.index, entry.name, entry.unit, entry.how, entry.exclusive, entry.home


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
        return self.left <= 0 or self.late()

    def late(self) -> bool:
        """Whether the time is over."""
        return time.process_time() > self.end

    def limit(self) -> str:
        """Which limit was met."""
        return "number of executions" if self.left <= 0 else "time"


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
    for entry in entries:
        profile = profile_alone(program, entry, result, seconds, effort)
        if profile is not None:
            profiles.append(profile)
        if budget.spent():
            result.bounds.add(
                (entry.code.module.path, entry.code.span[0], "time limit met; the rest of the unit was not explored")
            )
            break
    forget_terms()
    return [profile.renewed() for profile in profiles]  # their locations are compared


def profile_alone(program: Program, entry: Entry, result: UnitResult, seconds: float, effort: int) -> Profile | None:
    """An entry alone, explored or as it was; the table of terms is its own, so that nothing depends on the others."""
    key = "alone", _entry_key(entry), seconds, effort
    kept = result.parts.recall(key, program) if result.parts is not None else None
    if kept is not None:
        found, profile = kept.value
        assert profile is not None
        result.add(_told_again(found, [entry]))
        return replace(profile, entry=entry)
    forget_terms()
    found, budget = UnitResult(), Budget(seconds, effort)
    with watched(program) as seen, found.spending(entry):
        profile = profile_entry(program, entry, found, budget)
    if profile is not None and result.parts is not None and not found.anomalies and not budget.late():
        if profile.stuck is None and not _have_sites(profile.locations()):
            part: Part[Found] = Part(seen, (found, profile))
            profile.part = part.name
            result.parts.keep(key, part)
    result.add(found)
    result.anomalies.extend(found.anomalies)
    return profile


def _have_sites(locations: Iterable[Any]) -> bool:
    """Whether the number of a site is part of any location: what is fresh is named by who made it where."""
    rest, seen = list(locations), set()
    while rest:
        value = rest.pop()
        if value.__class__ is Term and value not in seen:
            if value.op == "fresh":
                return True
            seen.add(value)
            rest.extend(value.args)
        elif value.__class__ in (tuple, frozenset):
            rest.extend(value)
    return False


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
    taken = {x for p in profiles for x in p.taken}.difference(*(p.moved for p in profiles))
    for p in profiles:
        p.taken = taken  # between calls these are what they were at first, and never more
    pairs = sorted(interesting(profiles), key=lambda p: p[0])
    if len(pairs) > MAX_PAIRS:
        code = pairs[0][1].entry.code
        result.bounds.add(
            (code.module.path, code.span[0], f"only {MAX_PAIRS} of {len(pairs)} pairs of entry points were explored")
        )
    for _, a, b in pairs[:MAX_PAIRS]:
        share = effort * SELF_SHARE if a is b else effort
        pair_together(program, a, b, result, replace(bounds, effort=share))
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


def pair_together(program: Program, a: Profile, b: Profile, result: UnitResult, bounds: Bounds) -> None:
    """A pair, explored or as it was; anomalies that others have shown already are not told again."""
    parts = result.parts if not a.taken and a.part is not None and b.part is not None else None
    key, others = ("pair", _entry_key(a.entry), _entry_key(b.entry), bounds), (a.part, b.part)
    kept = parts.recall(key, program, others) if parts is not None else None
    if kept is not None:
        result.add(_told_again(kept.value[0], [a.entry, b.entry]))
        return
    forget_terms()
    found, budget = UnitResult(), Budget(bounds.seconds, bounds.effort)
    with watched(program) as seen, found.spending(a.entry, b.entry):
        anomalies = explore_pair(program, a, b, found, budget, bounds.max_states)
    if parts is not None and not anomalies and not budget.late():
        parts.keep(key, Part(seen, (found, None), others))
    result.add(found)
    told, causes = {x.where() for x in result.anomalies}, {cause_of(x) for x in result.anomalies}
    for anomaly in anomalies:
        if anomaly.where() not in told and cause_of(anomaly) not in causes:
            told.add(anomaly.where())
            causes.add(cause_of(anomaly))
            result.anomalies.append(anomaly)


def explore_armed(program: Program, profiles: list[Profile], result: UnitResult, bounds: Bounds) -> None:
    """Three calls where one alone returns at once, because another has to set something before it does its work."""
    for a, b in islice(armed(profiles), MAX_ARMED):
        for entries, pattern in (
            ([b.entry, a.entry, b.entry], Pattern("different arguments", None)),
            ([b.entry, a.entry, a.entry], Pattern("the same arguments")),
        ):
            found = explore_three(program, entries, pattern, result, bounds)
            seen = {x.where() for x in result.anomalies}
            result.anomalies.extend(x for x in found if x.where() not in seen)


def explore_three(
    program: Program, entries: list[Entry], pattern: Pattern, result: UnitResult, bounds: Bounds
) -> list[Anomaly]:
    """What three calls show, explored or as it was; their figures are added to the result."""
    same = pattern.name, pattern.different, tuple(pattern.swapped.items()), pattern.same
    key = "three", tuple(map(_entry_key, entries)), same, bounds
    kept = result.parts.recall(key, program) if result.parts is not None else None
    if kept is not None:
        result.add(_told_again(kept.value[0], entries))
        return []
    forget_terms()
    scenario = Scenario(program, entries, pattern)
    found, budget = UnitResult(), Budget(bounds.seconds, bounds.effort)
    with watched(program) as seen, found.spending(*entries):
        anomalies = explore_pattern(scenario, found, budget, bounds.max_states, MAX_TRIPLE_WORLDS)
        found.scenarios += 1
        found.states += scenario.steps
        found.traces += scenario.executions
    if result.parts is not None and not anomalies and not budget.late():
        result.parts.keep(key, Part(seen, (found, None)))
    result.add(found)
    return anomalies


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
            ends = ahead.settled(0) and ahead.settled(1) and not suspended(ahead, 1)
            if ends and suspended(behind, 1) and not behind.machine.parked:
                stuck, names = behind, [a.entry.name, b.entry.name]
        if stuck is not None:
            R = stuck.machine
            waiting = [x for x in suspended(stuck, 0) if not R.program.is_model(file_of(x[0]))]
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
        waiting = [x for x in suspended(waits, 0) if x[0].code is not None and not program.is_model(file_of(x[0]))]
        if waiting:
            f, at = waiting[0]
            result.anomalies.append(Anomaly("deadlock", "error", f, at, waits, [a.entry.name], detail="a turn"))


def _waits_for_own_doing(run: Execution) -> bool:
    """Whether a call waits, for ever, because of a flag or count that it has set and nobody else had set before."""
    R = run.machine
    if run.settled(0) or R.pending or R.parked or R.excused:
        return False
    last = {a.loc: a for a in R.log if a.kind == "W" and oracle.durable(a.loc)}
    for frame, _ in suspended(run, 0):
        for i in oracle.bits(frame.ctrl):
            read = R.log[i]
            write = last.get(read.loc)
            value = raw(read.value)
            known = value is True or (value.__class__ in (int, float) and read.loc[0] in ("cell", "prop"))
            if read.kind == "R" and known and write is not None and write.index < i and write.root == 0:
                return True
    return False


def explore_triples(program: Program, profiles: list[Profile], result: UnitResult, bounds: Bounds) -> None:
    """Three calls of an entry, where two show nothing: of each if asked for, else of those that queue up."""
    for a in profiles:
        if not (a.queues or (bounds.calls > 2 and a.writes)) or not a.suspends or a.hangs or a.entry.exclusive:
            continue
        if any(a.entry.name in x.names for x in result.anomalies):
            continue
        # Locks of two keys in another order need a third call: nobody waits between them as long as both are free.
        swaps = [p for p in patterns(a, a) if a.queues and p.swapped][:1]
        for pattern in [Pattern("the same arguments"), *swaps]:
            found = explore_three(program, [a.entry] * 3, pattern, result, bounds)
            result.anomalies.extend(found[:1])
            if found:
                break


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
                pair_together(program, a, b, result, bounds)


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
                if is_queue(a.value):
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
            elif not R.parked and not R.excused:
                profile.queues = True  # somebody has to wake it
            cycles = list(self_deadlocks(run, entry))
            for anomaly in cycles:
                report(anomaly)
            if not cycles and profile.stuck is None and _waits_for_own_doing(run):
                profile.stuck = World(dict(world.answers))
            for anomaly in leaks(run, entry, None):
                report(anomaly)
            if run.settled(0):
                taken, moved = counts(run)
                profile.taken |= taken
                profile.moved |= moved
            if run.settled(0) and (good is None or not any(f[2] for f in marks(good).values())):
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
    if good is not None and has_succeeded(good):
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
            scenario.give_back(reference)
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
    if len(keys) > 1 or (others_too > set(keys) and _count_others(a, b)):
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


def _count_others(a: Profile, b: Profile) -> bool:
    """Whether one looks at rows under a condition of which the other writes one: not the same row, maybe."""
    looked = {loc[1] for p in (a, b) for loc in p.reads if loc[0] == "table"}
    return any(loc[0] == "row" and loc[1] in looked for p in (a, b) for loc in p.writes)


def explore_pair(
    program: Program, a: Profile, b: Profile, result: UnitResult, budget: Budget, max_states: int
) -> list[Anomaly]:
    """What two calls show under every pattern and world until the budget is spent."""
    anomalies: list[Anomaly] = []
    containers: dict[Any, tuple[str, ...]] = {}
    for ident, path in [*a.looks, *b.looks]:
        containers[ident] = tuple(dict.fromkeys([*containers.get(ident, ()), path]))
    tried = [(p, -1) for p in patterns(a, b)]
    tried += [(Pattern("different arguments, and a failure", None), i) for i in a.failing[:MAX_FAILURES]]
    expected = list(map(meeting((a.reads, a.writes), (b.reads, b.writes)), [p for p, _ in tried]))
    pair = Scenario(program, [a.entry, b.entry], tried[0][0])
    pair.often = True
    for n, (pattern, reject_at) in enumerate(tried):
        pair.forget_terms()
        pattern.keys = {renewed(ident): paths for ident, paths in containers.items()}
        pattern.ceilings = frozenset(map(renewed, a.taken | b.taken))
        scenario = pair.again(pattern)
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
        anomalies += found
        if budget.spent():
            result.bounds.add(
                (
                    a.entry.code.module.path,
                    a.entry.code.span[0],
                    f"limit of {budget.limit()} met while exploring {a.entry.name} with {b.entry.name}",
                )
            )
            break
    return anomalies


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
                        Serial(
                            successes(run),
                            run.machine.asked,
                            order,
                            alike(run),
                            bool(run.machine.refused),
                            empty(run),
                        )
                    )
                hung = hung or not all(run.settled(i) for i in range(len(names)))
                lasting.update(b.subject for b in left_broken(run))
                if not late and not conflict:
                    conflict = conflicts(run)
                scenario.give_back(run)
                if not late and not conflict and not timers:
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
