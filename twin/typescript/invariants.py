"""`@invariant` conditions on an execution: when each holds, and where one that overlapping calls broke was broken.

Strategy: a condition is executed like any function, on the side: what it logs is taken back, what it asks is asked
of a copy of the world. It holds, fails, or may do either when that depends on unknown data. Programs are taken to
begin in a state in which their conditions hold; the answers that this needs are given to the world.
After each event the conditions whose state it wrote are looked at again.
Deliberately absent: which executions to look at, and what a serial one shows (analysis.py, judgement.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from krepis.twin.typescript.code import Condition
from krepis.twin.typescript.machine import Access, Activation, Frame, Machine, World
from krepis.twin.typescript.values import UNDEFINED, Cell, JsFunction, JsObject, JsThrow, Stop, Term

MAX_QUESTIONS = 4
"""Unknown questions of one condition that are tried both ways."""
MAX_OBJECTS = 8
"""Objects of one class whose conditions are looked at."""

_CONTENTS = frozenset({"initially", "initially-empty", "has"})
"""Questions about what state held at first: their answers stay, as the state that they make does."""

Subject = tuple[str, str, Any]
"""A condition and the object that it is about: module, name of the function, identity."""


@dataclass
class Broken:
    """A condition that failed, or may have, from one event on: what wrote it, and where the log stood then.

    `fails` tells whether it failed whatever the unknown data; `until` is where the log stood when it held again.
    """

    condition: Condition
    subject: Subject
    by: Access
    since: int
    fails: bool
    until: int | None = None


@dataclass
class Watch:
    """The conditions of one execution: their last verdicts and what they read."""

    verdicts: dict[Subject, bool | None] = field(default_factory=dict)
    reads: dict[Subject, set[Any]] = field(default_factory=dict)
    broken: list[Broken] = field(default_factory=list)
    known: int = 0

    def watched(self) -> set[Any]:
        """Everything that some condition reads."""
        return set().union(*self.reads.values())


def begin(R: Machine) -> Watch | None:
    """The conditions that hold, or may, before the calls begin; None when there are none."""
    if not any(instance.code.conditions for instance in R.modules.values()):
        return None
    watch = Watch()
    for subject, f, this, _ in _subjects(R):
        verdict, reads, world = _verdict(R, f, this)
        if verdict is None:
            verdict = _assume(R, f, this, world)
        if verdict is not False:
            watch.verdicts[subject] = True
            watch.reads[subject] = reads
    watch.known = len(R.log)
    return watch if watch.verdicts else None


def look(R: Machine, watch: Watch) -> None:
    """Looks at the conditions again whose state the event that just ended has written."""
    written = [a for a in R.log[watch.known :] if a.kind == "W"]
    watch.known = len(R.log)
    locs = {a.loc for a in written}
    for subject, f, this, condition in _subjects(R):
        if subject not in watch.verdicts or not (locs & watch.reads[subject]):
            continue
        verdict, reads, _ = _verdict(R, f, this)
        by = next(a for a in reversed(written) if a.loc in watch.reads[subject])
        watch.reads[subject] |= reads
        was = watch.verdicts[subject]
        watch.verdicts[subject] = verdict
        if verdict is not True and was is True:
            watch.broken.append(Broken(condition, subject, by, len(R.log), verdict is False))
        elif verdict is True and was is not True:
            for b in watch.broken:
                if b.subject == subject and b.until is None:
                    b.until = len(R.log)


def _subjects(R: Machine) -> Iterator[tuple[Subject, JsFunction, Any, Condition]]:
    """The conditions of the modules that are loaded, with the objects that outlive the calls."""
    for path, instance in R.modules.items():
        for condition in instance.code.conditions:
            cell = instance.cells.get(condition.name)
            f = cell.v if cell.__class__ is Cell else None
            if not isinstance(f, JsFunction):
                continue
            if not condition.cls:
                yield (path, condition.name, None), f, UNDEFINED, condition
                continue
            made = [o for o in R.instances if _is_a(o, path, condition.cls)]
            for o in made[:MAX_OBJECTS]:
                yield (path, condition.name, o.ident), f, o, condition


def _is_a(o: JsObject, path: str, name: str) -> bool:
    klass = o.cls
    while klass is not None:
        if klass.code is not None and klass.code.name == name and klass.code.module.path == path:
            return True
        klass = klass.base.klass if klass.base is not None else None
    return False


def _verdict(R: Machine, f: JsFunction, this: Any) -> tuple[bool | None, set[Any], World]:
    """Whether a condition holds, None when that depends on unknown data; what it read, and the world that it asked."""
    holds, reads, world = _evaluated(R, f, this, {})
    if holds is None:
        return None, reads, world
    for q in _asked(R, world)[:MAX_QUESTIONS]:
        other, more, _ = _evaluated(R, f, this, {q: not world.answers[q]})
        reads |= more
        if other is not holds:
            return None, reads, world
    return holds, reads, world


def _assume(R: Machine, f: JsFunction, this: Any, world: World) -> bool:
    """Gives the world the answers that make a condition hold; whether there are such."""
    tries: list[dict[Term, bool]] = [{}, *({q: not world.answers[q]} for q in _asked(R, world)[:MAX_QUESTIONS])]
    for fixed in tries:
        holds, _, tried = _evaluated(R, f, this, fixed)
        if holds:
            for q in _asked(R, tried):
                R.world.answer(q, tried.answers[q])
            return True
    return False


def _asked(R: Machine, world: World) -> list[Term]:
    """The questions that a trial asked, whose answers nothing implied."""
    return [q for q in world.order if q not in R.world.answers]


def _evaluated(R: Machine, f: JsFunction, this: Any, fixed: dict[Term, bool]) -> tuple[bool | None, set[Any], World]:
    """One evaluation, on the side: the truth of the condition, None when it cannot be evaluated."""
    world = World({**R.world.answers, **fixed})
    act = Activation(("invariant",), -1, Frame(None, None, 0, -1))  # type: ignore[arg-type]
    saved = R.act, R.frame, R.world, R.tracking, R.reads, R.writes, R.operations, R.created
    logged, micro, pending, parked = len(R.log), len(R.micro), len(R.pending), R.parked
    R.act, R.frame, R.world, R.tracking, R.reads, R.writes, R.created = act, act.frame, world, True, set(), set(), []
    holds: bool | None
    try:
        holds = R.truth(R.call(f, this, [], 0), 0)
    except (JsThrow, Stop, RecursionError):
        holds = None
    finally:
        reads, changed = R.reads, bool(R.writes)
        R.act, R.frame, R.world, R.tracking, R.reads, R.writes, R.operations, R.created = saved
        del R.log[logged:]
        changed = changed or len(R.micro) != micro or len(R.pending) != pending
        while len(R.micro) > micro:
            R.micro.pop()
        del R.pending[pending:]
        R.parked = parked
    for q in world.order:
        if q.op in _CONTENTS and q not in R.world.defaults:
            R.world.answer(q, world.answers[q])
            R.world.defaults[q] = world.answers[q]
            R.world.order.append(q)
    return (None if changed else holds), reads, world
