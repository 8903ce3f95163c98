"""What is wrong in an execution, where it is shown, and which of several is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from krepis.twin.typescript import oracle
from krepis.twin.typescript.intrinsics import user_frame
from krepis.twin.typescript.machine import Access, Frame, Machine
from krepis.twin.typescript.recording import Recording
from krepis.twin.typescript.scenario import Execution, Scenario
from krepis.twin.typescript.values import JsObject, Rest, V, raw


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

    def __post_init__(self) -> None:
        self.run.kept = True

    def where(self) -> tuple[str, int]:
        """(module path, line)."""
        code = self.frame.code
        assert code is not None
        frame, site = self.data_site or (self.frame, self.site)
        return code.module.path, frame.code.module.sites[site][0] if frame.code is not None else code.span[0]


def file_of(frame: Frame) -> str:
    return frame.code.module.path if frame.code is not None else ""


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


def cost(run: Execution) -> tuple[int, int]:
    """Context switches, then length: the shortest proof is the best."""
    switches = 0
    last = None
    for a in run.machine.log:
        if a.root != last:
            switches += 1
            last = a.root
    return switches, len(run.machine.log)


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
                x for x in suspended(run, i) if x[0].code is not None and not R.program.is_model(x[0].code.module.path)
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
        if run.machine.program.is_model(file_of(frame.parent)):
            break
        frame, site = frame.parent, frame.site
    return frame, site


def suspended(run: Execution, i: int) -> list[tuple[Frame, int]]:
    """Where the activations of a call are suspended."""
    out = []
    for p in run.machine.promises:
        if p.act is not None and p.act.root == i and not p.act.done and not p.act.parked:
            out.append((p.act.frame, p.act.await_site))
    return out


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
