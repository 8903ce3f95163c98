"""What the relational and key-value stores need from an execution: the `Host` of store.py over a `Machine`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.values import (
    UNDEFINED,
    JsArray,
    JsObject,
    Rest,
    Term,
    Value,
    raw,
    tagged,
    tags_of,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine


class MachineHost:
    """Implements `krepis.twin.typescript.store.Host`; `at` is the frame and site of the operation."""

    def __init__(self, machine: Machine) -> None:
        self.R = machine

    def term(self, op: str, *args: Value) -> Value:
        """An unknown value."""
        return term(op, *[self.R.canon(raw(a)) for a in args])

    def fresh(self, name: str) -> Value:
        """A value equal to no other."""
        return self.R.fresh(name, self.R.frame.site)

    def ask(self, question: Value, first: bool = True) -> bool:
        """The world's answer."""
        return self.R.ask(raw(question), first)

    def assume(self, question: Value, answer: bool) -> bool:
        """The world's answer, of which only `answer` is explored when it is new."""
        R = self.R
        q = R.canon(raw(question))
        if q is True or q is False:
            return bool(q)
        known = R.world.answers.get(q)
        if known is None:
            R.world.answer(q, answer)
            return answer
        return known

    def equal(self, a: Value, b: Value, likely: bool = False) -> bool:
        """Equality of two values."""
        return self.R.equal(a, b, likely)

    def decide(self, op: str, a: Value, b: Value) -> bool:
        """An order comparison."""
        R = self.R
        fn = {"<": R.lt, "<=": R.le, ">": R.gt, ">=": R.ge}[op]
        answer = raw(fn(raw(a), raw(b), 0))
        return R.ask(answer) if answer.__class__ is Term else bool(answer)

    def compute(self, op: str, a: Value, b: Value) -> Value:
        """Other arithmetic."""
        R = self.R
        x, y = raw(a), raw(b)
        if op == "||":
            return terms.concat([terms.to_text(x), terms.to_text(y)])
        fn = {"+": R.add, "-": R.sub, "*": R.mul, "/": R.div, "%": R.mod}[op]
        return raw(fn(x, y, 0))

    def known_equal(self, value: Value) -> list[Value]:
        """What equations that were answered say that a value is."""
        R = self.R
        v = R.canon(raw(value))
        found = R.world.about.get(v, {}).items() if v.__class__ is Term else ()
        return [q.args[q.args[0] is v] for q, yes in found if yes and q.op == "seq" and v in q.args]

    def is_null(self, value: Value, likely: bool = False) -> bool:
        """SQL NULL."""
        v = raw(value)
        return v is None or v is UNDEFINED

    def is_term(self, value: Value) -> bool:
        """Whether a value is unknown."""
        return raw(value).__class__ is Term

    def linear(self, value: Value) -> tuple[int | float, tuple[tuple[Value, int | float], ...]] | None:
        """A sum as constant and parts."""
        v = raw(value)
        if v.__class__ is Term:
            constant, parts = terms.linear(self.R.canon(v))
            return constant, tuple(parts.items())
        if isinstance(v, int | float) and not isinstance(v, bool):
            return v, ()
        return None

    def sum(self, constant: int | float, parts: tuple[tuple[Value, int | float], ...]) -> Value:
        """The value of a sum."""
        total: Any = constant
        for part, factor in parts:
            total = terms.add(total, terms.scale(raw(part), factor))
        return total

    def elements(self, value: Value) -> Sequence[Value] | None:
        """The items of an array that are all known."""
        v = raw(value)
        if isinstance(v, JsArray) and not any(i.__class__ is Rest for i in v.items):
            return list(v.items)
        return None

    def unrolled(self, value: Value) -> Sequence[Value] | None:
        """The items that a loop over a list runs for."""
        v = raw(value)
        if isinstance(v, JsArray) or (v.__class__ is Term and self.R.program.kind_of(v.type) != "primitive"):
            return list(self.R.iter(v, 0))
        return None

    def part(self, value: Value, path: tuple[Value, ...]) -> Value:
        """What is within a value at a path."""
        for name in path:
            inner = raw(value)
            if inner is None or inner is UNDEFINED:
                return UNDEFINED
            value = self.R.get(value, name, 0)
        return value

    def put(self, value: Value, path: tuple[Value, ...], part: Value) -> Value:
        """The value with another part at a path: as a term `put(value, (path, part), ...)`, whatever came first."""
        old, new = self.R.canon(raw(value)), raw(part)
        picture = self.R.snapshot(new) if isinstance(new, JsObject) else self.R.canon(new)
        known = old.args[1:] if old.__class__ is Term and old.op == "put" else ()
        base = old.args[0] if known else self.R.snapshot(old) if isinstance(old, JsObject) else old
        path = tuple(map(self.R.canon, path))
        kept = [(at, p) for at, p in known if at[: len(path)] != path]
        return term("put", base, *sorted([*kept, (path, picture)], key=repr))

    def strip(self, value: Value) -> Value:
        """The value as stored."""
        v = raw(value)
        return self.R.canon(v) if v.__class__ is Term else v

    def key(self, value: Value) -> Value:
        """The value as a key."""
        v = raw(value)
        if v.__class__ is Term:
            self.R.note_key(v)
            return self.R.canon(v)
        return v

    def carry(self, value: Value, sources: Sequence[Value]) -> Value:
        """The value with the dependences of its sources."""
        tags = 0
        for source in sources:
            tags |= tags_of(source)
        return tagged(value, tags)

    def now(self) -> Any:
        """The place of the running operation."""
        return (self.R.frame, self.R.frame.ctrl)

    def note_read(self, loc: Any, value: Value, at: Any) -> Value:
        """Logs a read."""
        return self.R.note_read(loc, value, 0)

    def note_write(self, loc: Any, value: Value, at: Any) -> None:
        """Logs a write where the statement stood."""
        R = self.R
        saved = R.frame
        if at is not None:
            R.frame = at[0]
        before = len(R.log)
        R.note_write(loc, raw(value), 0, tags_of(value))
        if at is not None and len(R.log) > before:
            R.log[-1].ctrl |= at[1]
        R.frame = saved

    def order(self, loc: Any, writes: bool) -> None:
        """Tells the search that this step depends on others."""
        (self.R.writes if writes else self.R.reads).add(loc)

    def unblock(self) -> None:
        """A lock was released: blocked operations are asked again when events are chosen."""
        self.R.unblocked += 1
        self.R.writes.add(("unblock",))

    def excuse(self, reason: str, own: bool = False) -> None:
        """The database gave up a transaction."""
        self.R.excused = reason
        if own:
            self.R.deadlocked = self.R.frame
