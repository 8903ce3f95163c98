"""Whether an execution of several calls is one that no order of them one after the other gives."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations
from typing import Any, NamedTuple

from krepis.twin.typescript import lexicon, oracle
from krepis.twin.typescript.anomaly import Anomaly, anomaly_of, deadlocks
from krepis.twin.typescript.intrinsics import user_frame
from krepis.twin.typescript.invariants import Broken, Subject
from krepis.twin.typescript.machine import Access, Machine, World
from krepis.twin.typescript.scenario import Execution, Scenario
from krepis.twin.typescript.single import deletes, end_of
from krepis.twin.typescript.unknowns import refusal
from krepis.twin.typescript.values import NOT_BOUND, UNDEFINED, JsObject, JsPromise, Term, raw


def result_picture(run: Execution, i: int) -> Any:
    """What a call returned or threw."""
    p = run.promises[i]
    if p is None:
        return ("never",)
    return (p.state, oracle._plain(run.machine.snapshot(p.value)))


def _subset(scenario: Scenario, world: World, calls: tuple[int, ...]) -> set[Any]:
    """The outcomes when only some of the calls happen, one after the other."""
    inner = scenario.again()
    outcomes = set()
    for order in permutations(calls):
        run = inner.serial(world, list(order), False)
        if run is not None:
            outcomes.add(oracle.outcome(run))
            inner.give_back(run)
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


def left_broken(run: Execution) -> list[Broken]:
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


class Serial(NamedTuple):
    """A serial execution: which calls succeeded, what was asked, the order of the calls.

    Also whether results are alike, whether a call answered with the status of an error, and which gave nothing.
    """

    succeeded: tuple[bool, ...]
    asked: set[Term]
    order: list[int]
    alike: bool
    refused: bool
    empty: tuple[bool, ...]


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
                and not _renames(f.act, R)
                and not (deletes(f.act) and lexicon.classify(names[f.act.root]) is lexicon.Verb.DELETE)
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
            early = _failed_early(run, allowed) or _answered_early(scenario, run, allowed)
            if early is not None:
                yield early_anomaly(*early, early[0], run, names, scenario)
            yield from (anomaly_of(f, run, [f], names, scenario) for f in [*_held_by_both(run)][:1])
        return
    if got in belated:
        for f in oracle.stale_acts(run, False, None):
            if (
                f.read.event <= end_of(run, f.act.root) < f.act.event
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
        and f.act.frame.code not in R.cut
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


def _same_place(R: Machine, a: Any, b: Any) -> bool:
    """Whether two locations are one: also entries under keys that are known to be equal."""
    if a == b or a[0] != "entry" or a[:3] != b[:3]:
        return bool(a == b)
    known = R.world.about.get(a[3], {})
    return any(yes and q.op == "seq" and b[3] in q.args for q, yes in known.items())


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
            if w.index > a.index and w.root != a.root and _same_place(run.machine, a.loc, w.loc):
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


def _answered_early(scenario: Scenario, run: Execution, allowed: Allowed) -> tuple[Access, Access] | None:
    """What a call that gave nothing had looked for too early, if calls one after the other all give something."""
    R = run.machine
    ends = {a.root: a.tags | a.ctrl for a in R.log if a.kind == "X"}
    nothing = empty(run)
    serial = [s.empty for runs in allowed.values() for s in runs]
    codes = [e.code for e in scenario.entries]
    for read, write in seen_too_early(run):
        i, bit = read.root, 1 << read.index
        p = run.promises[i]
        alike = [j for j, code in enumerate(codes) if code is codes[i]]
        if (
            nothing[i]
            and p is not None
            and (ends.get(i, 0) | R.deep_tags(p.value)) & bit
            and not any(e[j] for e in serial for j in alike)
        ):
            return read, write
    return None


def empty(run: Execution) -> tuple[bool, ...]:
    """Which calls ended with nothing: undefined, null, a no, what is no number."""
    given = [raw(p.value) if p is not None and p.state == 1 else NOT_BOUND for p in run.promises]
    return tuple([v is UNDEFINED or v is None or v is False or v != v for v in given])


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


def _held_by_both(run: Execution) -> Iterator[oracle.StaleAct]:
    """Marks that a call set because there was none, while another call had it and had not taken it back.

    Both take it back in the end, and have an effect before they do: what the mark keeps apart.
    """
    log = run.machine.log
    for f in oracle.stale_acts(run, False, None):
        act, other = f.act, f.foreign
        if act.kind != "W" or act.loc != f.read.loc or other.loc != act.loc or _cleared(act) or _cleared(other):
            continue
        ends = [
            next((a.index for a in log[mark.index :] if a.root == mark.root and _ends(a, mark)), -1)
            for mark in (other, act)
        ]
        if act.index < ends[0] and ends[1] >= 0 and all(map(_has_effect, [run, run], (other, act), ends)):
            yield f


def _ends(a: Access, mark: Access) -> bool:
    """Whether a write takes a mark away, or puts another state in its place."""
    if a.kind != "W" or a.loc != mark.loc:
        return False
    return _cleared(a) or (isinstance(raw(mark.value), str) and isinstance(raw(a.value), str) and a.value != mark.value)


def _has_effect(run: Execution, mark: Access, end: int) -> bool:
    """Whether a call has an effect, which is no entry in a log, between two moments."""
    between = run.machine.log[mark.index : end]
    return any(a.kind == "E" and a.root == mark.root and not lexicon.is_logger(str(a.loc[1])) for a in between)


def _renames(act: Access, R: Machine) -> bool:
    """Whether a write only lets a row that there was be found under another name."""
    if act.loc[0] != "row" or act.loc[3] != "*":
        return False
    beside = (a for a in R.log if a.event == act.event and a.kind == "W" and a.loc[0] == "row" and a.loc[3] == "*")
    return all(a.loc == act.loc for a in beside)


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
            served = a.loc in marks and _cleared(a) and a.event <= end_of(run, i)
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
            inner = scenario.again()
            again = inner.serial(World(known | {q: not world.answers[q] for q in extra}), order, False)
            if again is not None:
                same = oracle.outcome(again) == got
                inner.give_back(again)
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
