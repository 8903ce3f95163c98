"""Timers, microtasks and the event loop's other doors: setTimeout, setInterval, setImmediate, nextTick.

Rules: a timer's callback runs in an event of its own; what it throws is dropped. An interval fires at most
twice; one that the set-up starts is an entry point. Immediates of one call keep their order. The handle keeps
the pending event, so that it can be cleared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krepis.twin.typescript.builtins._base import Realm, arg, callable_, later
from krepis.twin.typescript.values import SYMBOL_DISPOSE, UNDEFINED, JsObject, Value, raw

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine, Pending

INTERVALS = 2
"""How often an interval fires."""


def _arm(R: Machine, handle: JsObject, pending: Pending) -> None:
    R.singletons[("timer", handle.ident)] = pending


def _callback(R: Machine, args: list[Value]) -> Value:
    f = arg(args, 0)
    if not callable_(f):
        raise R.error("TypeError", 'The "callback" argument must be of type function')
    return f


def set_timeout(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    f, delay = _callback(R, args), arg(args, 1)
    handle = R.new_object("Timeout")
    rest = args[2:]

    def start() -> None:
        _arm(R, handle, R.timer(delay, lambda: R.call(f, handle, rest, s), s, "setTimeout"))

    start()
    handle.props[("again",)] = R.native("refresh", lambda R2, t, a, s2: _restart(R2, handle, start))
    return handle


def _restart(R: Machine, handle: JsObject, start: Any) -> Value:
    clear(R, UNDEFINED, [handle], 0)
    start()
    return handle


def set_interval(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    f, delay = _callback(R, args), arg(args, 1)
    handle = R.new_object("Timeout")
    rest = args[2:]
    fired = 0
    if not R.tracking:
        R.register("setInterval", UNDEFINED, args[:1], s)
        return handle

    def tick() -> None:
        nonlocal fired
        fired += 1
        if fired < INTERVALS:
            _arm(R, handle, R.timer(delay, tick, s, "setInterval"))
        R.call(f, handle, rest, s)

    _arm(R, handle, R.timer(delay, tick, s, "setInterval"))
    return handle


def set_immediate(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    f = _callback(R, args)
    handle = R.new_object("Immediate")
    pending = R.timer(1, lambda: R.call(f, UNDEFINED, args[1:], s), s, "setImmediate")
    pending.due = None
    queue = R.singletons.setdefault(("immediates", R.act.root), [])
    before = [p for p in queue if p in R.pending]
    queue[:] = [*before, pending]
    pending.blocked = lambda: any(p in R.pending for p in before)
    _arm(R, handle, pending)
    return handle


def clear(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """clearTimeout, clearInterval and clearImmediate."""
    handle = raw(arg(args, 0))
    if isinstance(handle, JsObject):
        pending = R.singletons.pop(("timer", handle.ident), None)
        if pending is not None and pending.fired and R.tracking:
            R._log("C", ("timer", pending.key), pending.fired, s)
        elif pending is not None:
            R.cancel_timer(pending)
    return UNDEFINED


def queue_microtask(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    f = _callback(R, args)
    R.micro.append((later(R, lambda: R.call(f, UNDEFINED, [], s)), ()))
    return UNDEFINED


def next_tick(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    f = _callback(R, args)
    R.ticks.append((later(R, lambda: R.call(f, UNDEFINED, args[1:], s)), ()))
    return UNDEFINED


def _self(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return this


def _refresh(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    handle = raw(this)
    again = handle.props.get(("again",)) if isinstance(handle, JsObject) else None
    return R.call(again, UNDEFINED, [], s) if again is not None else this


def _close(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    clear(R, UNDEFINED, [this], s)
    return this


def define(realm: Realm) -> None:
    """Adds timers and microtasks to the realm."""
    common = {"ref": _self, "unref": _self, "hasRef": lambda R, this, args, s: True}
    timeout = realm.proto("Timeout")
    realm.methods(timeout, {**common, "refresh": _refresh, "close": _close, SYMBOL_DISPOSE: _close})
    realm.methods(realm.proto("Immediate"), {**common, SYMBOL_DISPOSE: _close})
    table = {
        "setTimeout": set_timeout, "setInterval": set_interval, "setImmediate": set_immediate,
        "clearTimeout": clear,
        "clearInterval": clear, "clearImmediate": clear, "queueMicrotask": queue_microtask,
    }  # fmt: skip
    for name, native in table.items():
        realm.globals[name] = realm.function(name, native)
