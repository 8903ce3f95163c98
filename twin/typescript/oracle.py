"""What is wrong with an execution: outcomes without a serial explanation, and the stale read that is the cause.

Strategy. The outcome of an execution is (final shared and external state, multiset of effects). It is an anomaly
when no serial order of the same calls, nor of those of them that took part, produces it under the same answers.
The cause is a *stale act*: a write or effect of a call that depends, by value or by control, on a read whose
location another call wrote in between (Adya, Weak Consistency, 1999, section 4: an anti-dependency cycle, found
on the concrete execution). Without such an act nothing is reported: precision comes first.
Deliberately absent: how findings are worded (explain.py), which executions to look at (analysis.py).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from krepis.twin.typescript.code import FunctionCode
from krepis.twin.typescript.machine import HANDED_OVER, Access, Frame, Machine, owned_by_call
from krepis.twin.typescript.scenario import Execution
from krepis.twin.typescript.values import JsObject, JsPromise, Term, V, raw

OBJECTS = frozenset({"cell", "prop", "entry", "array", "keys"})
"""Kinds of locations in memory; what they belong to comes second."""


def durable(loc: Any) -> bool:
    """Whether a location outlives the calls."""
    kind = loc[0]
    if kind in OBJECTS:
        return not owned_by_call(loc[1])
    return kind not in ("lock", "timer", "promise", "unblock", "clock", "call", "effect")


def common(loc: Any) -> bool:
    """Whether several calls can reach a location, as far as who made what it belongs to tells.

    The first caller that names a key makes its lock, which the next one finds.
    """
    return loc[0] == "lock" or len(loc) < 2 or not owned_by_call(loc[1])


def _plain(x: Any) -> Any:
    """A location or picture with fresh identities renamed, and arrays as multisets."""
    if x.__class__ is Term:
        if x.op == "fresh":
            return ("fresh", x.args[0], x.args[2])
        return x
    if x.__class__ is tuple:
        if x and x[0] == "array" and len(x) == 2 and x[1].__class__ is tuple:
            return ("array", tuple(sorted((_plain(i) for i in x[1]), key=repr)))
        if len(x) == 2 and x[0] == "object" and owned_by_call(x[1]):  # as a key: whoever made it
            return ("object", x[1][0][1:], x[1][1])
        return tuple([_plain(i) for i in x])
    if x.__class__ is frozenset:
        return frozenset(_plain(i) for i in x)
    return x


def outcome(run: Execution) -> tuple[Any, Any]:
    """(final state, effects) as hashable pictures."""
    R = run.machine
    last: dict[Any, Access] = {}
    effects: Counter[Any] = Counter()
    for a in R.log:
        if a.kind == "W" and durable(a.loc):
            last[a.loc] = a
        elif a.kind == "E":
            effects[_plain((a.loc, a.value))] += 1
    state: Counter[Any] = Counter()
    for loc, a in last.items():
        if loc[0] == "table":
            continue
        value = a.value
        if isinstance(value, JsObject | V | Term):
            value = R.snapshot(value)
            if loc in R.initial and value == R.initial[loc]:
                continue
        shown = (loc[0], *loc[1:])
        state[_plain(shown), _plain(R.snapshot(value) if not isinstance(value, tuple | frozenset) else value)] += 1
    for kind, store in R.stores.items():
        extra = getattr(store, "outcome", None)
        if extra is not None:
            for item in extra():
                state[("store", str(kind), _plain(item))] += 1
    return frozenset(state.items()), frozenset(effects.items())


@dataclass(frozen=True)
class StaleAct:
    """`act` depends on `read`, but `foreign` changed what was read in between. `data`: by value."""

    read: Access
    foreign: Access
    act: Access
    data: bool
    same: bool
    rank: tuple[int, ...]


def chain(frame: Frame | None) -> list[Frame]:
    """The frames from `frame` outwards."""
    out = []
    while frame is not None:
        out.append(frame)
        if frame.detached:
            break
        frame = frame.parent
    return out


def common_frame(a: Frame, b: Frame) -> Frame | None:
    """The innermost frame that both accesses happened in."""
    outer = set(map(id, chain(a)))
    for f in chain(b):
        if id(f) in outer:
            return f
    return None


def inside(inner: FunctionCode | None, outer: FunctionCode | None) -> bool:
    """Whether a function stands in the text of another one: it sees what the other has read."""
    return (
        inner is not None
        and outer is not None
        and inner.module is outer.module
        and outer.start < inner.start
        and inner.end <= outer.end
    )


def for_whom(act: Access, reads: dict[int, Access]) -> int:
    """The call that an access belongs to: one that runs another's task (the next of a queue) does it for that one."""
    for i in bits(act.tags):
        read = reads.get(i)
        if read is not None and read.root != act.root and read.root >= 0 and inside(act.frame.code, read.frame.code):
            return read.root
    return act.root


def _foreign(read: Access, act: Access, other: Access, apart: bool) -> bool:
    """Whether `other` belongs to something concurrent with the strand of `read` and `act`; `apart`: to another call."""
    if apart:
        return True
    meet = common_frame(read.frame, act.frame)
    return meet is None or all(f is not meet for f in chain(other.frame))


def covers(read_loc: Any, write_loc: Any) -> bool:
    """Whether a write changes what was read at another granularity."""
    if read_loc == write_loc:
        return True
    if read_loc[0] == "table" and write_loc[0] == "row":
        return bool(read_loc[1] == write_loc[1])
    if read_loc[0] == "row" and write_loc[0] == "row" and read_loc[1:3] == write_loc[1:3]:
        return bool(write_loc[3] == "*")  # a row comes or goes; a changed column leaves it where it is
    if read_loc[0] == "keys" and write_loc[0] == "entry":
        return bool(read_loc[1] == write_loc[1])
    if read_loc[0] == "field" and write_loc[0] == "field":
        return bool(read_loc[1] == write_loc[1] and (read_loc[2] == "*"))
    return False


def related(read_loc: Any, act_loc: Any) -> bool:
    """Whether an act changes (part of) what its stale read was about."""
    if covers(read_loc, act_loc) or covers(act_loc, read_loc):
        return True
    if read_loc[0] == "row" and act_loc[0] == "row":
        return bool(read_loc[1:3] == act_loc[1:3])
    if read_loc[0] in ("field", "entry") and act_loc[0] == "entry":
        base = read_loc[1]
        return (
            base.__class__ is Term
            and base.op == "entry"
            and base.args[0].__class__ is Term
            and base.args[0].args[0] == act_loc[1]
        )
    return False


def _comes_under(log: list[Access], act: Access, name: Any) -> bool:
    """Whether the row that a write changes can be found by it under the name that was looked for."""
    if act.loc[0] != "row" or name[0] != "row" or act.loc[1] != name[1]:
        return False
    at_once = takewhile(lambda a: a.event == act.event, log[act.index :])
    return any(a.kind == "W" and a.loc == name for a in at_once)


def stale_acts(run: Execution, internal: bool, changed: set[Any] | None) -> list[StaleAct]:
    """The stale acts of an execution, the most telling first."""
    R = run.machine
    log = R.log
    writes = [a for a in log if a.kind == "W"]
    reads = [a for a in log if a.kind == "R"]
    by_index = {a.index: a for a in reads}
    covering: dict[int, list[Access]] = {}
    found: list[StaleAct] = []
    for act in log:
        if act.kind not in ("W", "E"):
            continue
        both = act.tags | act.ctrl
        if not both:
            continue
        root = for_whom(act, by_index)
        left = both
        while left:
            low = left & -left
            left ^= low
            read = by_index.get(low.bit_length() - 1)
            if read is None or read.root != root or (read.event >= act.event and not internal):
                continue
            data = bool(act.tags & low)
            foreign = None
            later = covering.get(read.index)
            if later is None:
                later = covering[read.index] = [w for w in writes if w.index > read.index and covers(read.loc, w.loc)]
            for w in later:
                apart = w.root != root if root == act.root else for_whom(w, by_index) != root
                if w.index < act.index and (internal or apart) and _foreign(read, act, w, apart):
                    if foreign is None or not _updates(log, foreign) or _updates(log, w):
                        foreign = w
            if foreign is None:
                continue
            same = act.kind == "W" and (
                related(read.loc, act.loc) or _replaces(act, read.loc) or _comes_under(log, act, read.loc)
            )
            telling = changed is None or act.kind != "W" or act.loc in changed or _plain(act.loc) in changed
            rank = (
                0 if telling else 1,
                0 if act.loc[0] != "store" else 1,
                0 if read.loc == foreign.loc else 1,
                0 if same and data else 1 if same else 2 if data else 3,
                0 if act.kind == "W" else 1,
                0 if _updates(log, foreign) else 1,
                act.index,
            )
            found.append(StaleAct(read, foreign, act, data, same, rank))
    found.sort(key=lambda f: (f.rank, -f.read.index))  # the last of several reads is the nearest to its act
    return found


def overwritten(run: Execution) -> list[StaleAct]:
    """Reads of a location that the same call wrote and another call overwrote: somebody else's value is used."""
    R = run.machine
    found: list[StaleAct] = []
    mine: dict[tuple[int, Any], Access] = {}
    for a in R.log:
        if a.kind == "W" and a.loc[0] in ("prop", "cell", "field", "global"):
            mine[(a.root, a.loc)] = a
        elif a.kind == "W" and a.loc[0] == "array":
            if not _updates(R.log, a) and (a.root, a.loc) not in mine:
                mine[(a.root, a.loc)] = a  # emptied for what follows
        elif a.kind == "R" and a.loc[0] == "array":
            own = mine.get((a.root, a.loc))
            if own is not None and raw(a.value) == HANDED_OVER and own.event != a.event:
                others = [w for w in R.log[own.index : a.index] if w.kind == "W" and w.loc == a.loc]
                if others[-1].root != a.root:
                    found.append(StaleAct(own, others[-1], a, True, True, (0, 0, 0, a.index)))
        elif a.kind == "R":
            own = mine.get((a.root, a.loc))
            if (
                own is None
                or own.event == a.event
                or repr(own.value) in _MARKS
                or isinstance(raw(own.value), JsPromise)
            ):
                continue  # a promise is kept for others to share
            others = [w for w in R.log[own.index : a.index] if w.kind == "W" and w.loc == a.loc and w.root != a.root]
            if others and not _same_value(R, own.value, others[-1].value) and not _updates(R.log, others[-1]):
                found.append(StaleAct(own, others[-1], a, True, True, (0, 0, 0, a.index)))
    return found


def taken_away(run: Execution, i: int) -> StaleAct | None:
    """The last look of a call at what it had stored itself and another call then took away."""
    mine: dict[Any, Access] = {}
    theirs: dict[Any, Access] = {}
    found: StaleAct | None = None
    for a in run.machine.log:
        if a.kind == "W" and a.loc[0] == "kv":
            if a.root == i:
                mine[a.loc] = a
                theirs.pop(a.loc, None)
            elif a.loc in mine:
                theirs[a.loc] = a
        elif a.kind == "R" and a.root == i and a.loc in theirs and raw(a.value) is False:
            found = StaleAct(mine[a.loc], theirs[a.loc], a, False, True, ())
    return found


def mixed(run: Execution) -> StaleAct | None:
    """A write that leaves a value of one call beside another's, in fields of one object that each call sets both.

    A write cycle (Adya, 1999, G0) over what the calls were given; marks, times and counters are of no call.
    """
    R = run.machine
    written: dict[tuple[int, Any], Access] = {}
    last: dict[Any, Access] = {}
    for a in R.log:
        if a.kind == "W" and a.loc[0] == "prop" and durable(a.loc):
            if a.root in _calls_of(R.canon(R.snapshot(a.value))):
                written.setdefault((a.root, a.loc), a)
                last[a.loc] = a
            else:
                last.pop(a.loc, None)
    for y, act in last.items():
        for x, foreign in last.items():
            mine = written.get((act.root, x))
            if (
                x[1] == y[1]
                and foreign.root != act.root
                and mine is not None
                and mine.event < act.event
                and mine.index < foreign.index < act.index
                and (foreign.root, y) in written
            ):
                return StaleAct(mine, foreign, act, False, False, ())
    return None


def _calls_of(picture: Any) -> set[int]:
    """The calls whose arguments a value is made of."""
    if picture.__class__ is Term:
        return {picture.call}
    return set().union(*map(_calls_of, picture)) if isinstance(picture, tuple | frozenset) else set()


_MARKS = frozenset(("undefined", "None", "True", "False"))
"""Written to clear or to mark, not to be read back."""


def _same_value(R: Machine, a: Any, b: Any) -> bool:
    x, y = R.snapshot(a), R.snapshot(b)
    ra = a.v if a.__class__ is V else a
    rb = b.v if b.__class__ is V else b
    if isinstance(ra, JsObject) and isinstance(rb, JsObject):
        return ra is rb
    if isinstance(ra, Term) and isinstance(rb, Term) and (ra.call >= 0 or rb.call >= 0):
        return ra is rb
    return bool(x == y)


def classify(finding: StaleAct, run: Execution, acts: list[StaleAct]) -> str:
    """The kind of an anomaly, from how the outcome depends on the stale read."""
    act, read = finding.act, finding.read
    if (
        not finding.same
        and read.loc[0] in ("prop", "cell", "entry", "global")
        and any(a.kind == "W" and a.loc == read.loc and a.root == act.root for a in run.machine.log[: read.index])
    ):
        return "stale-read"  # what the call left there itself is another's by now
    if act.kind == "E":
        checked = not finding.data or act.ctrl >> read.index & 1
        return "check-then-act" if checked else "stale-read"
    if finding.same:
        if finding.data and _carries(finding, acts):
            return "lost-update"
        if _lazily_made(act, read):
            return "init-race"
        if _drops_update(run, finding):
            return "lost-update"
        return "check-then-act"
    if _skew(finding, acts):
        return "write-skew"
    if finding.data and _carries(finding, acts):
        return "stale-read" if act.loc[0] not in ("row", "store", "kv") else "lost-update"
    return "check-then-act"


def _carries(finding: StaleAct, acts: list[StaleAct]) -> bool:
    """Whether what was read is part of what is written: that something exists, or does not, never is."""
    read = finding.read
    if read.loc[0] != "row" or read.loc[-1] != "*":
        return True
    return any(f.act is finding.act and f.data and f.read.loc[-1] != "*" for f in acts)


def _drops_update(run: Execution, finding: StaleAct) -> bool:
    """Whether the act wipes out an update (an increment, a push) that another call made since the stale read."""
    log = run.machine.log
    act = finding.act
    if _updates(log, act):
        return False
    known = {log[i].loc for i in bits(act.tags | act.ctrl) if log[i].kind == "R" and log[i].loc[0] == "array"}
    return any(
        w.kind == "W" and w.root != act.root and _updates(log, w) and (covers(w.loc, act.loc) or w.loc in known)
        for w in log[finding.read.index : act.index]
    )


def bits(mask: int) -> Iterator[int]:
    """The positions of the bits that are set: the accesses that tags stand for."""
    while mask:
        low = mask & -mask
        mask ^= low
        yield low.bit_length() - 1


def _replaces(act: Access, read_loc: Any) -> bool:
    """Whether an act replaces the container that the stale read looked into."""
    return act.extra is not None and read_loc[0] in ("array", "keys", "entry", "prop") and act.extra == read_loc[1]


def _updates(log: list[Access], w: Access) -> bool:
    """Whether a write updates what it read itself (an increment, a push)."""
    bits = w.tags
    while bits:
        low = bits & -bits
        bits ^= low
        a = log[low.bit_length() - 1]
        if a.kind == "R" and a.loc == w.loc:
            return True
    return False


def _lazily_made(act: Access, read: Access) -> bool:
    """One cell or field, empty when read, filled by the act."""
    if act.loc != read.loc or act.loc[0] not in ("cell", "prop"):
        return False
    value = read.value.v if read.value.__class__ is V else read.value
    return repr(value) in ("undefined", "None")


def _inserted(loc: Any) -> bool:
    """Whether a row was made by the calls themselves."""
    return any(
        part[1].__class__ is Term and part[1].op == "fresh"
        for part in loc[2]
        if part.__class__ is tuple and len(part) == 2
    )


def _skew(finding: StaleAct, acts: list[StaleAct]) -> bool:
    """Two calls each act on something that the other's act makes stale, on different things."""
    if finding.same or finding.act.kind != "W":
        return False
    a, r = finding.act.loc, finding.read.loc
    if a[0] == "row" and r[0] in ("table", "row") and a[1] == r[1]:
        return not _inserted(a)
    return (
        any(
            other.act.root != finding.act.root and not other.same and other.act.kind == "W" and other.act.loc != a
            for other in acts
        )
        and finding.foreign.loc != a
    )
