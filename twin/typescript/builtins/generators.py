"""Generators and async generators (ECMA-262 sections 27.3 to 27.6), and native iterators with their helpers.

Strategy: a generator function is a Python generator that sends `(0, v, s)` to await, `(1, v, s)` to yield and
`(2, v, s)` to delegate. A synchronous generator is driven by its caller. An async generator is driven by an
activation of its own that takes requests from a queue and parks with the message `(3, ...)` between them.
A `return` is an exception that only `finally` sees.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript.builtins._base import Realm, arg, holds, integer, iterator, result_object
from krepis.twin.typescript.values import (
    SYMBOL_ASYNC_DISPOSE,
    SYMBOL_ASYNC_ITERATOR,
    SYMBOL_DISPOSE,
    SYMBOL_ITERATOR,
    UNDEFINED,
    JsGenerator,
    JsObject,
    JsPromise,
    JsThrow,
    Stop,
    Term,
    Value,
    raw,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

NEXT, THROW, RETURN = 0, 1, 2
Message = tuple[int, Value, int]


class Return(Stop):
    """A `return` completion on its way through the `finally` blocks of a generator."""

    def __init__(self, value: Value) -> None:
        super().__init__()
        self.value = value


def run_async(R: Machine, body: Generator[Message, Any, Value], s: int) -> JsPromise:
    """Runs a native asynchronous function (a Python generator that yields `(0, value, site)` to await)."""
    from krepis.twin.typescript.machine import Activation, Frame

    parent = R.act
    parent.counter += 1
    act = Activation((*parent.path, parent.counter), parent.root, Frame(R.frame.code, R.frame, s, parent.root))
    act.gen = body
    promise = R.new_promise()
    promise.act = act
    promise.site = (R.frame, s)
    act.promise = promise
    R.promises.append(promise)
    R.resume(act, 0, UNDEFINED)
    return promise


# ---------------------------------------------------------------- synchronous


def _send(gen: Any, mode: int, value: Value, started: bool) -> Message:
    message: Message
    if mode == NEXT:
        message = gen.send(value if started else None)
    else:
        message = gen.throw(JsThrow(value) if mode == THROW else Return(value))
    return message


def _advance(R: Machine, g: JsGenerator, mode: int, value: Value, s: int) -> Value:
    """Resumes a generator until it yields or ends."""
    if g.running:
        raise R.error("TypeError", "Generator is already running")
    if g.done:
        if mode == THROW:
            raise JsThrow(value)
        return result_object(R, value if mode == RETURN else UNDEFINED, True)
    if not g.started and mode == RETURN:
        g.done = True
        return result_object(R, value, True)
    R.operations += 1
    caller = R.frame
    frame = g.act.frame
    frame.parent, frame.site, frame.depth, frame.root = caller, s, caller.depth + 1, R.act.root
    R.singletons[("generator", g.ident)] = g  # an abandoned generator must not run its finally blocks
    R.frame = frame
    g.running = True
    try:
        while True:
            if g.queue:
                finished, mode, value = _delegate(R, g, mode, value, s)
                if not finished:
                    return value
            kind, v, site = _send(g.gen, mode, value, g.started)
            g.started = True
            if kind == 1:
                return result_object(R, v, False)
            g.queue = [_open(R, v, site)]
            mode, value = NEXT, UNDEFINED
    except StopIteration as e:
        g.done = True
        return result_object(R, e.value, True)
    except Return as e:
        g.done = True
        return result_object(R, e.value, True)
    except JsThrow as e:
        g.done = True
        e.ctrl |= frame.ctrl
        raise
    finally:
        g.running = False
        R.frame = caller


def _open(R: Machine, v: Value, s: int) -> Value:
    """The iterator object of `yield*`."""
    r = raw(v)
    if isinstance(r, JsGenerator):
        return r
    if isinstance(r, JsObject) and R._finds(r, SYMBOL_ITERATOR) and not hasattr(r, "items"):
        return R.call(R.get(r, SYMBOL_ITERATOR, s), r, [], s)
    return iterator(R, R.iter(v, s), "ArrayIterator")


def _delegate(R: Machine, g: JsGenerator, mode: int, value: Value, s: int) -> tuple[bool, int, Value]:
    """One step of `yield*`: (False, _, result) to yield on, or (True, mode, value) for the outer body."""
    inner = g.queue[0]
    name = ("next", "throw", "return")[mode]
    if mode != NEXT and not R._finds(raw(inner), name):
        g.queue = []
        if mode == RETURN:
            return True, RETURN, value
        return True, THROW, R.error("TypeError", "The iterator does not provide a 'throw' method").value
    try:
        r = R.callm(inner, name, [value], s)
        if not R.truth(R.get(r, "done", s), s, False):
            return False, NEXT, r
        result = R.get(r, "value", s)
    except JsThrow as e:
        g.queue = []
        return True, THROW, e.value
    g.queue = []
    return True, RETURN if mode == RETURN else NEXT, result


def _method(mode: int) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        g = raw(this)
        if not isinstance(g, JsGenerator):
            raise R.error("TypeError", "Generator method called on incompatible receiver")
        value = arg(args, 0)
        if g.act is None:
            return _native_step(R, g, mode, value)
        return _advance(R, g, mode, value, s)

    return native


def _native_step(R: Machine, g: JsGenerator, mode: int, value: Value) -> JsObject:
    if mode == NEXT and not g.done:
        for v in g.gen:
            return result_object(R, v, False)
    g.done = True
    if mode == THROW:
        raise JsThrow(value)
    if hasattr(g.gen, "close"):
        g.gen.close()
    return result_object(R, value if mode == RETURN else UNDEFINED, True)


# ---------------------------------------------------------------- asynchronous


def _request(mode: int) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        g = raw(this)
        promise = R.new_promise()
        if not isinstance(g, JsGenerator):
            R.reject(promise, R.error("TypeError", "AsyncGenerator method called on incompatible receiver").value)
            return promise
        R.singletons[("generator", g.ident)] = g
        if not g.started:
            g.started = True
            g.act.gen = _drive(R, g, _expanded(R, g.gen))
            g.act.promise = R.new_promise()
        g.queue.append((mode, arg(args, 0), promise))
        if not g.running:
            g.act.frame.parent = R.frame
            R.resume(g.act, 0, UNDEFINED)
        return promise

    return native


def _drive(R: Machine, g: JsGenerator, body: Any) -> Generator[Message, Any, None]:
    """AsyncGeneratorStart and the draining of its queue: the activation behind an async generator."""
    started = False
    while True:
        if not g.queue:
            g.running = False
            yield (3, UNDEFINED, 0)
        g.running = True
        mode, value, promise = g.queue[0]
        if g.done or (not started and mode != NEXT):
            g.done = True
            yield from _after_end(R, g, mode, value, promise)
            continue
        kind, v = yield from _step_outer(body, mode, value, started)
        started = True
        promise = g.queue.pop(0)[2]
        if kind == "yield":
            R.resolve(promise, result_object(R, v, False))
        elif kind == "return":
            g.done = True
            R.resolve(promise, result_object(R, v, True))
        else:
            g.done = True
            R.reject(promise, v)


def _after_end(
    R: Machine, g: JsGenerator, mode: int, value: Value, promise: JsPromise
) -> Generator[Message, Any, None]:
    """A request to a generator that is finished."""
    if mode == RETURN:
        try:
            value = yield (0, value, 0)
        except JsThrow as e:
            g.queue.pop(0)
            R.reject(promise, e.value)
            return
    g.queue.pop(0)
    if mode == THROW:
        R.reject(promise, value)
    else:
        R.resolve(promise, result_object(R, value if mode == RETURN else UNDEFINED, True))


def _step_outer(body: Any, mode: int, value: Value, started: bool) -> Generator[Message, Any, tuple[str, Value]]:
    """Runs the body until it yields, returns or throws; awaits on the way go to the event loop."""
    if mode == RETURN:
        try:
            value = yield (0, value, 0)
        except JsThrow as e:
            mode, value = THROW, e.value
    try:
        message = _send(body, mode, value, started)
        while True:
            kind, v, s = message
            if kind == 4:
                return "yield", v
            try:
                answer = yield (0, v, s)
            except JsThrow as e:
                message = body.throw(e)
                continue
            if kind == 1:
                return "yield", answer
            message = body.send(answer)
    except StopIteration as e:
        value = e.value
    except Return as e:
        return "return", e.value
    except JsThrow as e:
        return "throw", e.value
    if value is not UNDEFINED:
        try:
            value = yield (0, value, 0)
        except JsThrow as e:
            return "throw", e.value
    return "return", value


def _expanded(R: Machine, body: Any) -> Generator[Message, Any, Value]:
    """The body with each `yield*` replaced by awaits and yields; message 4 is a yield without an await."""
    mode, answer = NEXT, None
    while True:
        try:
            kind, v, s = _send(body, mode, answer, True)
        except StopIteration as e:
            return e.value
        try:
            if kind == 2:
                mode, answer = yield from _delegate_async(R, v, s)
            else:
                mode, answer = NEXT, (yield (kind, v, s))
        except JsThrow as e:
            mode, answer = THROW, e.value
        except Return as e:
            mode, answer = RETURN, e.value


def _delegate_async(R: Machine, v: Value, s: int) -> Generator[Message, Any, tuple[int, Value]]:
    """`yield*` over an asynchronous iterator: how it ended (NEXT or RETURN), and its value."""
    it = R.aiter(v, s)
    mode, value = NEXT, UNDEFINED
    while True:
        name = ("next", "throw", "return")[mode]
        if mode != NEXT and not R._finds(raw(it), name):
            if mode == RETURN:
                return RETURN, value
            raise R.error("TypeError", "The iterator does not provide a 'throw' method")
        r = yield (0, R.callm(it, name, [value], s), s)
        if R.truth(R.get(r, "done", s), s, False):
            return (RETURN if mode == RETURN else NEXT), R.get(r, "value", s)
        try:
            value = yield (4, R.get(r, "value", s), s)
            mode = NEXT
        except JsThrow as e:
            mode, value = THROW, e.value
        except Return as e:
            mode, value = RETURN, e.value


# ---------------------------------------------------------------- iterator helpers (section 27.1.4)


def _this_iter(R: Machine, this: Value, s: int) -> Iterator[Value]:
    return R.iter(this, s)


def _lazy(fn: Any) -> Any:
    """A helper that gives another iterator: `fn(R, source, args, s)` is a Python generator."""
    return lambda R, this, args, s: iterator(R, fn(R, _this_iter(R, this, s), args, s), "ArrayIterator")


def _map(R: Machine, source: Iterator[Value], args: list[Value], s: int) -> Iterator[Value]:
    for i, v in enumerate(source):
        yield R.call(arg(args, 0), UNDEFINED, [v, i], s)


def _filter(R: Machine, source: Iterator[Value], args: list[Value], s: int) -> Iterator[Value]:
    for i, v in enumerate(source):
        if holds(R, R.call(arg(args, 0), UNDEFINED, [v, i], s), s)[0]:
            yield v


def _take(R: Machine, source: Iterator[Value], args: list[Value], s: int) -> Iterator[Value]:
    n = integer(R, raw(arg(args, 0)))
    n = 2 if n.__class__ is Term else n
    while n > 0:
        n -= 1
        for v in source:
            yield v
            break
        else:
            return


def _drop(R: Machine, source: Iterator[Value], args: list[Value], s: int) -> Iterator[Value]:
    n = integer(R, raw(arg(args, 0)))
    for i, v in enumerate(source):
        if n.__class__ is Term or i >= n:
            yield v


def _flat_map(R: Machine, source: Iterator[Value], args: list[Value], s: int) -> Iterator[Value]:
    for i, v in enumerate(source):
        yield from R.iter(R.call(arg(args, 0), UNDEFINED, [v, i], s), s)


def _on_array(name: str) -> Any:
    """A helper that consumes the iterator the way the array method of that name does."""

    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        return R.callm(R.new_array(list(_this_iter(R, this, s))), name, args, s)

    return native


def _search(name: str) -> Any:
    """`some`, `every` and `find` stop early."""

    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        for i, v in enumerate(_this_iter(R, this, s)):
            ok = holds(R, R.call(arg(args, 0), UNDEFINED, [v, i], s), s)[0]
            if ok and name != "every":
                return v if name == "find" else True
            if not ok and name == "every":
                return False
        return UNDEFINED if name == "find" else name == "every"

    return native


def _self(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return this


def define(realm: Realm) -> None:
    """Adds the prototypes of iterators and generators to the realm."""
    base = realm.proto("Iterator")
    realm.methods(
        base,
        {
            SYMBOL_ITERATOR: _self,
            "map": _lazy(_map), "filter": _lazy(_filter), "take": _lazy(_take), "drop": _lazy(_drop),
            "flatMap": _lazy(_flat_map), "forEach": _on_array("forEach"), "reduce": _on_array("reduce"),
            "toArray": lambda R, this, args, s: R.new_array(list(_this_iter(R, this, s))),
            "some": _search("some"), "every": _search("every"), "find": _search("find"),
        },
    )  # fmt: skip
    realm.constructor(
        "Iterator",
        lambda R, this, args, s: R.new_object("Iterator"),
        {"from": lambda R, this, args, s: iterator(R, R.iter(arg(args, 0), s), "ArrayIterator")},
    )
    for name in ("ArrayIterator", "MapIterator", "StringIterator"):
        realm.methods(realm.proto(name, "Iterator"), {"next": _method(NEXT)})
    steps = {
        "next": _method(NEXT),
        "throw": _method(THROW),
        "return": _method(RETURN),
        SYMBOL_DISPOSE: _method(RETURN),
    }
    realm.methods(realm.proto("Generator", "Iterator"), steps)
    realm.methods(
        realm.proto("AsyncGenerator"),
        {
            "next": _request(NEXT), "throw": _request(THROW), "return": _request(RETURN),
            SYMBOL_ASYNC_ITERATOR: _self, SYMBOL_ASYNC_DISPOSE: _request(RETURN),
        },
    )  # fmt: skip
