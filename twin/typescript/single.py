"""What one entry point alone does wrong: locks kept, promises dropped, waits for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from krepis.twin.typescript import lexicon, oracle
from krepis.twin.typescript.anomaly import Anomaly, file_of, holder, second_acquisition, suspended
from krepis.twin.typescript.intrinsics import user_frame
from krepis.twin.typescript.machine import Access, Frame, Lock, Machine
from krepis.twin.typescript.program import LOCK_CLASSES
from krepis.twin.typescript.scenario import Entry, Execution
from krepis.twin.typescript.values import UNDEFINED, JsFunction, JsObject, JsPromise, Term, raw


def is_queue(value: Any) -> bool:
    """Whether a value is a lock or queue of a library."""
    v = raw(value)
    return isinstance(v, JsObject) and v.cls is not None and v.cls.name in LOCK_CLASSES


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
    waiting = [x for x in suspended(run, 0) if id(x[0]) in awaited]
    turns = {
        id(f): [b.served and b.owner is not None and b.owner.root == 0 for b in _bases(awaited[id(f)])]
        for f, _ in waiting
    }
    if all(all(own) for own in turns.values()):  # and none waits for anything else
        for frame, site in reversed(waiting):
            if turns[id(frame)] and not R.program.is_model(file_of(frame)):
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
    good, bad = marks(base), marks(run)
    for loc, (first, last, restored) in bad.items():
        if restored or last is not first or loc not in good or not good[loc][2] or not _guarded(R, first):
            continue
        if _swept(base.machine, good[loc][1]):
            continue
        if R.reject_at < 0 and good[loc][1].event > end_of(base, 0):
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


def has_succeeded(run: Execution) -> bool:
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


def marks(run: Execution) -> dict[Any, tuple[Access, Access, bool]]:
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
            if value is True or (a.loc[0] == "entry" and value is not UNDEFINED and not is_queue(value)):
                out[a.loc] = (a, a, False)
            elif _number(value) and _number(read.get(a.loc)) and value != read[a.loc]:
                out[a.loc] = (a, a, False)
                counted[a.loc] = read[a.loc]
        elif a.loc in counted:
            out[a.loc] = (first[0], a, value == counted[a.loc])
        else:
            out[a.loc] = (first[0], a, value is False or value is UNDEFINED or value is None)
    return out


def counts(run: Execution) -> tuple[set[Any], set[Any]]:
    """The numbers in memory that a call takes from and gives back, never above their start; others that it changes."""
    first: dict[Any, Any] = {}
    last: dict[Any, Any] = {}
    over: set[Any] = set()
    for a in run.machine.log:
        if a.kind in ("R", "W") and a.loc[0] in ("cell", "prop") and oracle.durable(a.loc):
            value = raw(a.value)
            start = first.setdefault(a.loc, value if a.kind == "R" else None)
            if a.kind == "W":
                last[a.loc] = value
                if start.__class__ not in (int, float) or value.__class__ not in (int, float) or value > start:
                    over.add(a.loc)
    given_back = {loc for loc, value in last.items() if loc not in over and value == first[loc]}
    unknown = {loc for loc in last if first[loc].__class__ is Term}  # another world tells
    return given_back, last.keys() - given_back - unknown


def _number(value: Any) -> bool:
    return (value.__class__ is int or value.__class__ is float) or (
        value.__class__ is Term and (value.op in ("lin", "init") or value.type is not None)
    )


def floating(run: Execution, entry: Entry) -> Iterator[Anomaly]:
    """Asynchronous calls that nobody waits for although the caller relies on them."""
    R = run.machine
    done = end_of(run, 0)
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
            if frame.code is not None and not (lease and (R.reject_at >= 0 or not has_succeeded(run))):
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
    if not has_succeeded(run):
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
    if not has_succeeded(run):
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
            if a.kind == "W" and a.loc[0] in ("kv", "store") and a.root == frame.root and deletes(a)
        ]
        if any(k.__class__ is Term and _mentions(t, k) for key in gone if key.__class__ is tuple for k in key):
            yield Anomaly("floating-promise", "error", frame, site, run, [entry.name])


def deletes(a: Access) -> bool:
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


def end_of(run: Execution, i: int) -> int:
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
