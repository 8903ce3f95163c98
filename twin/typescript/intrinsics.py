"""The module `krepis:model`: what library models (TypeScript stubs) are written with.

io(name, fn), ioSync(name, fn), effect(name, ...args), unknown(name, ...args), fresh(name), lock(name),
semaphore(name, n), handler(name, fn), around(fn, run), misuse(name), database(kind, dialect), kv(name). Only model
files can import it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.values import (
    UNDEFINED,
    JsFunction,
    JsObject,
    JsPromise,
    JsThrow,
    Term,
    Value,
    raw,
    tagged,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Frame, Machine


MAX_WEIGHT = 64
"""Permits that one call can take at once."""


def _text(value: Value) -> str:
    t = terms.to_text(raw(value))
    return t if isinstance(t, str) else repr(t)


def user_frame(frame: Frame, R: Machine) -> tuple[Frame, int]:
    """The innermost frame of the user's code, and the site in it."""
    f: Frame | None = frame
    site = 0
    while f is not None and f.code is not None and R.program.is_model(f.code.module.path):
        site = f.site
        f = f.parent
    return (f, site) if f is not None else (frame, 0)


class Retry:
    """What an operation returns that has to wait: the event is enabled again when `blocked` says so."""

    def __init__(self, blocked: Callable[[], bool]) -> None:
        self.blocked = blocked


def attempt(R: Machine, fn: Value, s: int) -> Value:
    """Runs the body of an operation at its instant; a blocked one is tried again later."""
    from krepis.twin.typescript.store import Blocked

    try:
        return R.call(fn, UNDEFINED, [], s)
    except Blocked:
        R.reads.add(("unblock",))
        seen = R.unblocked
        return Retry(lambda: R.unblocked == seen)


def io(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """An external asynchronous operation with a body that runs at its instant of effect."""
    name, fn = _text(args[0]), args[1]
    return R.external(name, lambda: attempt(R, fn, s), s, effect="model")


def io_sync(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """An external operation that blocks the thread."""
    return R.call(args[1], UNDEFINED, [], s)


def effect(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """Adds to the outcome."""
    R.effect(_text(args[0]), args[1:], s)
    return UNDEFINED


def unknown(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """An uninterpreted value."""
    from krepis.twin.typescript.unknowns import argument_terms

    tags = 0
    for a in args:
        tags |= R.deep_tags(a)
    return tagged(term("call", _text(args[0]), "model", *argument_terms(R, args[1:])), tags)


def fresh(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """A value that equals no other."""
    _, site = user_frame(R.frame, R)
    return R.fresh(_text(args[0]) if args else "fresh", site)


def misuse(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """Something was done that must not be done at this time."""
    if R.tracking:
        R._log("D", ("misuse", _text(args[0])), UNDEFINED, s)
    return UNDEFINED


def late(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """Somebody begins to wait for what an unknown object says next."""
    if R.tracking:
        R.listens_late(args[0], s)
    return UNDEFINED


def bodied(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """Whether a function has a body here."""
    return isinstance(raw(args[0]), JsFunction)


def handler(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """Registers an entry point."""
    R.register(_text(args[0]), UNDEFINED, args[1:], s)
    return UNDEFINED


def around(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """A function that calls the second in place of the first, which stays the one that is registered and shown."""
    f = R.native("around", lambda R2, this, given, site: R2.call(args[1], UNDEFINED, given, site))
    f.props[("wraps",)] = raw(args[0])
    return f


def make_lock(R: Machine, name: str, capacity: Any) -> JsObject:
    """A lock object with acquire, tryAcquire, release, isLocked; the first and third take how many permits, or one."""
    from krepis.twin.typescript.machine import Lock

    o = R.new_object()
    lock = Lock(o.ident, name, capacity)
    R.locks.append(lock)
    o.label = name

    def busy(weight: int = 1) -> bool:
        n = raw(lock.capacity)
        return len(lock.holders) + weight > (n if isinstance(n, int) else 2)

    def weight_of(args: list[Value]) -> int:
        n = raw(args[0]) if args else 1
        return min(n, MAX_WEIGHT) if isinstance(n, int) and not isinstance(n, bool) and n > 0 else 1

    def take(frame: Frame, site: int, weight: int = 1) -> None:
        f, at = user_frame(frame, R)
        lock.holders += [(f, at if f is not frame else site)] * weight
        if R.tracking:
            R._log("L", lock.loc, name, site)
            R.writes.add(lock.loc)

    def acquire(R2: Machine, this: Value, args: list[Value], s: int) -> Value:
        # Granting is an event of its own: at any time other callers may hold or have just left the lock.
        p: JsPromise = R2.new_promise()
        frame = R2.frame
        weight = weight_of(args)
        if not R2.tracking:
            take(frame, s, weight)
            R2.resolve(p, UNDEFINED)
            return p
        entry = (p, frame, s)
        p.waits_for = lock
        p.site = (frame, s)
        lock.waiters.append(entry)
        R2._log("Q", lock.loc, name, s)
        R2.writes.add(lock.loc)

        def grant() -> bool:
            if entry in lock.waiters:
                lock.waiters.remove(entry)
            saved = R2.frame
            R2.frame = frame
            take(frame, s, weight)
            R2.frame = saved
            p.waits_for = None
            R2.resolve(p, UNDEFINED)
            return False

        pending = R2.post(f"lock {name}", grant, s)
        pending.blocked = lambda: busy(weight) or (bool(lock.waiters) and lock.waiters[0] is not entry)
        return p

    def try_acquire(R2: Machine, this: Value, args: list[Value], s: int) -> Value:
        R2.writes.add(lock.loc)
        if busy():
            return False
        take(R2.frame, s)
        return True

    def release(R2: Machine, this: Value, args: list[Value], s: int) -> Value:
        R2.writes.add(lock.loc)
        if not lock.holders:
            return False
        root = R2.frame.root
        for _ in range(min(weight_of(args), len(lock.holders))):
            index = next((i for i, (f, _) in enumerate(lock.holders) if f.root == root), 0)
            lock.holders.pop(index)
        if R2.tracking:
            R2._log("U", lock.loc, name, s)
        return True

    def is_locked(R2: Machine, this: Value, args: list[Value], s: int) -> Value:
        if R2.tracking:
            return R2.note_read(lock.loc, busy(), s)
        return busy()

    for key, fn in (("acquire", acquire), ("tryAcquire", try_acquire), ("release", release), ("isLocked", is_locked)):
        o.props[key] = R.native(key, fn)
    return o


def lock(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """A mutex."""
    return make_lock(R, _text(args[0]) if args else "mutex", 1)


def semaphore(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """A counting semaphore."""
    n = raw(args[1]) if len(args) > 1 else 1
    return make_lock(
        R, _text(args[0]) if args else "semaphore", n if isinstance(n, int) and not isinstance(n, bool) else 2
    )


def database(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """A handle of a database."""
    from krepis.twin.typescript import store_js

    return store_js.database(R, args, s)


def kv(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """A handle of a key-value store."""
    from krepis.twin.typescript import store_js

    return store_js.kv(R, args, s)


_TABLE: dict[str, Callable[..., Value]] = {
    "io": io,
    "ioSync": io_sync,
    "effect": effect,
    "unknown": unknown,
    "fresh": fresh,
    "around": around,
    "bodied": bodied,
    "handler": handler,
    "misuse": misuse,
    "late": late,
    "lock": lock,
    "semaphore": semaphore,
    "database": database,
    "kv": kv,
}


def get(R: Machine, name: str) -> Value:
    """The intrinsic called `name`."""
    key = ("intrinsic", name)
    found = R.singletons.get(key)
    if found is None:
        fn = _TABLE.get(name)
        found = R.native(name, fn) if fn is not None else UNDEFINED
        R.singletons[key] = found
    return found


__all__ = ["JsFunction", "JsThrow", "Retry", "Term", "attempt", "get", "user_frame"]
