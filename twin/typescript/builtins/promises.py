"""Promise (ECMA-262 section 27.2): constructor, combinators and chains, with exactly its microtasks.

Rules: a combinator reacts to its inputs directly, which costs the same number of jobs as calling `then` on
each. Its inputs count as handled and observed; whether its own promise is, is up to the program. An unknown
sequence of promises is `UNROLL` external operations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript.builtins._base import Realm, arg, callable_, element_type, record
from krepis.twin.typescript.builtins.arrays import unroll
from krepis.twin.typescript.values import (
    NEW,
    UNDEFINED,
    JsArray,
    JsPromise,
    JsThrow,
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


def made(R: Machine, s: int) -> JsPromise:
    """A new promise of the running activation, known to whoever looks for promises nobody watches."""
    p = R.new_promise()
    p.site = (R.frame, s)
    R.promises.append(p)
    return p


def construct(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    executor = arg(args, 0)
    if this is not NEW:
        raise R.error("TypeError", "Promise constructor cannot be invoked without 'new'")
    if not callable_(executor):
        raise R.error("TypeError", "Promise resolver is not a function")
    p = made(R, s)
    yes, no = R.resolvers(p)
    try:
        R.call(executor, UNDEFINED, [yes, no], s)
    except JsThrow as e:
        R.call(no, UNDEFINED, [e.value], s)
    return p


# ---------------------------------------------------------------- chains


def _receiver(R: Machine, this: Value) -> JsPromise:
    p = raw(this)
    if not isinstance(p, JsPromise):
        raise R.error("TypeError", "Method Promise.prototype.then called on incompatible receiver")
    return p


def then(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.then(_receiver(R, this), arg(args, 0), arg(args, 1), s)


def catch(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.then(_receiver(R, this), UNDEFINED, arg(args, 0), s)


def finally_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    f = arg(args, 0)
    p = _receiver(R, this)
    if not callable_(f):
        return R.then(p, f, f, s)

    def after(R2: Machine, outcome: Callable[..., Value]) -> Value:
        result = R2.to_promise(R2.call(f, UNDEFINED, [], s), s)
        return R2.then(result, R2.native("value", outcome), UNDEFINED, s)

    def kept(R2: Machine, t: Value, a: list[Value], s2: int) -> Value:
        return after(R2, lambda R3, t3, a3, s3: a[0])

    def thrown(R2: Machine, t: Value, a: list[Value], s2: int) -> Value:
        def again(R3: Machine, t3: Value, a3: list[Value], s3: int) -> Value:
            raise JsThrow(a[0])

        return after(R2, again)

    return R.then(p, R.native("finally", kept), R.native("finally", thrown), s)


# ---------------------------------------------------------------- combinators


def inputs(R: Machine, v: Value, s: int) -> tuple[list[JsPromise], int]:
    """The promises of an iterable argument, made from its values in order; and the tags of the sequence."""
    r = raw(v)
    t = tags_of(v)
    values: list[Any]
    typed = element_type(R, v)
    if isinstance(r, JsArray):
        values = list(R.array_read(r, s))
        t |= tags_of(R.array_tag(r))
    elif r.__class__ is Term:
        values = [Rest(r)]
    else:
        values = list(R.iter(v, s))
    out: list[JsPromise] = []
    for item in values:
        if item.__class__ is not Rest:
            out.append(R.to_promise(item, s))
            continue
        for n in item.positions(unroll()):
            e = R.unknown(term("elem", item.term, n, type=typed), typed)
            plain = e.__class__ is not Term or R.program.kind_of(e.type) in ("primitive", "array", "map")
            out.append(R.to_promise(e, s) if plain else R.external_term(e, s))
    for p in out:
        p.handled = p.observed = True
    return out, t


def _combinator(react: Callable[..., None]) -> Any:
    """A static method that makes one promise of many; `react(R, promise, inputs, run, s)` wires them."""

    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        result = made(R, s)
        try:
            given, t = inputs(R, arg(args, 0), s)
        except JsThrow as e:
            R.reject(result, e.value, e.ctrl)
            return result
        act, frame = R.act, R.frame

        def settle(fn: Callable[..., None], *values: Value) -> None:
            saved = R.act, R.frame
            R.act, R.frame = act, frame
            try:
                fn(result, *values)
            finally:
                R.act, R.frame = saved

        react(R, result, given, settle, t)
        return result

    return native


def _collect(
    R: Machine,
    result: JsPromise,
    given: list[JsPromise],
    settle: Any,
    entry: Callable[[int, Value], Value] | None,
    done: Callable[[JsPromise, list[Value]], None],
) -> None:
    """Waits for all inputs; without `entry` the first rejection ends the wait."""
    entries: list[Value] = [UNDEFINED] * len(given)
    left = len(given)

    def reaction(index: int) -> Callable[[int, Value], None]:
        def run(state: int, value: Value) -> None:
            nonlocal left
            if entry is None and state == 2:
                settle(R.reject, value)
                return
            entries[index] = value if entry is None else entry(state, value)
            left -= 1
            if left == 0:
                settle(done, entries)

        return run

    if not given:
        settle(done, entries)
        return
    if R.tracking:
        result.waits_for = tuple(given)
    for index, p in enumerate(given):
        R._react(p, reaction(index))


def _all(R: Machine, result: JsPromise, given: list[JsPromise], settle: Any, t: int) -> None:
    _collect(R, result, given, settle, None, lambda p, out: R.resolve(p, tagged(R.new_array(list(out)), t)))


def _all_settled(R: Machine, result: JsPromise, given: list[JsPromise], settle: Any, t: int) -> None:
    def done(p: JsPromise, entries: list[Any]) -> None:
        objects: list[Value] = []
        for state, value in entries:
            name, key = ("fulfilled", "value") if state == 1 else ("rejected", "reason")
            objects.append(record(R, status=name, **{key: value}))
        R.resolve(p, tagged(R.new_array(objects), t))

    _collect(R, result, given, settle, lambda state, value: (state, value), done)


def _any(R: Machine, result: JsPromise, given: list[JsPromise], settle: Any, t: int) -> None:
    errors: list[Value] = [UNDEFINED] * len(given)
    left = len(given)

    def fail(p: JsPromise) -> None:
        error = R.error("AggregateError", "All promises were rejected").value
        error.props["errors"] = R.new_array(list(errors))
        R.reject(p, error)

    def reaction(index: int) -> Callable[[int, Value], None]:
        def run(state: int, value: Value) -> None:
            nonlocal left
            if state == 1:
                settle(R.resolve, value)
                return
            errors[index] = value
            left -= 1
            if left == 0:
                settle(fail)

        return run

    if not given:
        settle(fail)
    for index, p in enumerate(given):
        R._react(p, reaction(index))


def _race(R: Machine, result: JsPromise, given: list[JsPromise], settle: Any, t: int) -> None:
    for p in given:
        R._react(p, lambda state, value: settle(R.resolve if state == 1 else R.reject, value))


# ---------------------------------------------------------------- the rest


def resolve(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.to_promise(arg(args, 0), s)


def reject(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    p = made(R, s)
    R.reject(p, arg(args, 0))
    return p


def with_resolvers(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    p = made(R, s)
    yes, no = R.resolvers(p)
    return record(R, promise=p, resolve=yes, reject=no)


def try_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    p = made(R, s)
    try:
        R.resolve(p, R.call(arg(args, 0), UNDEFINED, args[1:], s))
    except JsThrow as e:
        R.reject(p, e.value, e.ctrl)
    return p


def define(realm: Realm) -> None:
    """Adds Promise to the realm."""
    realm.methods(realm.proto("Promise"), {"then": then, "catch": catch, "finally": finally_})
    realm.constructor(
        "Promise",
        construct,
        {
            "all": _combinator(_all), "allSettled": _combinator(_all_settled), "any": _combinator(_any),
            "race": _combinator(_race), "resolve": resolve, "reject": reject,
            "withResolvers": with_resolvers, "try": try_,
        },
    )  # fmt: skip
