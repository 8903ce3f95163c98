"""Entry points: the functions that the outside world may call at any time, found by executing set-up code.

Registered callbacks (routes, events, jobs), exported functions, methods of long-lived classes and of exported
objects, Nest controllers and providers, functions that a factory returns. A unit is what is set up together.
Deliberately absent: any list of frameworks; registration is recognised by handing over a callback.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from krepis.twin.typescript import jsdoc, startup
from krepis.twin.typescript.canonical import Pattern
from krepis.twin.typescript.classes import construct
from krepis.twin.typescript.code import CONDITION, ClassCode, FunctionCode, Member, ModuleCode
from krepis.twin.typescript.machine import Frame, Machine, World
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.scenario import Entry, arguments
from krepis.twin.typescript.values import (
    UNDEFINED,
    Accessor,
    Cell,
    JsFunction,
    JsObject,
    JsPromise,
    JsThrow,
    Stop,
    Value,
    own,
    raw,
    term,
)

EXCLUSIVE = ", one at a time"
"""What the model of a library says of a callback that it never runs twice at once."""
OTHER = ", another connection"
"""How a callback comes that belongs to another run of the callback which registered it."""
MAX_ENTRIES = 400
"""Entry points of one module."""
_HIDDEN = re.compile(rb"\b(?:private|protected)\s")
_ASYNC = re.compile(
    rb"\basync\b|\bawait\b|\byield\b|\.then\s*\(|\bPromise\b|setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|function\s*\w*\s*\(\s*err|\(\s*err\w*\s*(?:,[^)]*)?\)\s*=>"
)
_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "del", "all"})
_WIRING = re.compile(rb"\.\s*(?:get|post|put|patch|delete|all|ws)\s*\(\s*['\"`/]")
"""Text of a module that may hand functions of other modules to a framework."""
_GIVES = re.compile(
    rb"\b(?:locals|state)\s*(?:\.\s*\w+|\[[^\]]+\])\s*=[^=]|\b(?:req|request|ctx|context)\s*\.\s*\w+\s*=[^=]|\bc\s*\.\s*set\s*\("
)
"""Text of a middleware that puts something where later handlers of the request find it."""
_GIVEN_OUT = re.compile(rb"\breturn\s*\{|\breturn\s+Object\.freeze\(")
_BODY = re.compile(rb"=>|\{")
_HANDED = re.compile(
    rb"\.\s*(?:on|get|post|put|patch|delete|all|use|consume|subscribe|process|schedule|handle|run|add)\s*\([^;]*$"
)
"""A call with a function of the caller's that is not complete yet where the function begins."""
MAX_HANDED = 200
"""Bytes before a function in which such a call is looked for."""
_LATER = rb",\s*(?:(?:async\s*)?\(\s*\)\s*=>\s*\{?\s*(?:(?:return|await)\s+)*)?"
"""What stands before an argument, or before what a callback that is one begins with."""
_HOST = re.compile(r"(?:app|fastify|server|router|instance|api)$", re.I)
"""First parameter of a function that registers routes on it."""
MAX_NESTED = 2
"""Objects within an exported one whose functions are entry points (`resolvers.Mutation.buy`)."""
_LIFECYCLE = frozenset(
    [
        "constructor",
        "toString",
        "toJSON",
        "onModuleInit",
        "onApplicationBootstrap",
        "onModuleDestroy",
        "onApplicationShutdown",
        "beforeAll",
        "afterAll",
        "beforeEach",
        "afterEach",
        "ngOnInit",
        "main",
        "bootstrap",
    ]
)


def function_of(value: Value) -> JsFunction | None:
    """The interpreted function behind a value, looking through wrappers."""
    f = raw(value)
    seen = 0
    while isinstance(f, JsFunction) and f.code is None and ("wraps",) in f.props and seen < 8:
        f = f.props[("wraps",)]
        seen += 1
    return f if isinstance(f, JsFunction) and f.code is not None else None


def suspends(code: FunctionCode) -> bool:
    """Whether a function or one inside it can suspend or start something that does."""
    if code.is_async:
        return True
    return bool(_ASYNC.search(code.module.text, code.start, code.end))


def hidden(code: FunctionCode) -> bool:
    """Whether a method is declared private or protected."""
    text = code.module.text
    return bool(
        _HIDDEN.search(
            text,
            code.anchor,
            min(
                code.start + 60,
                text.find(b"(", code.start) if b"(" in text[code.start : code.start + 200] else code.end,
            ),
        )
    )


def load(R: Machine, path: str) -> bool:
    """Loads a module for set-up; failures of its top level are survived."""
    try:
        return R.load(path) is not None
    except (JsThrow, Stop, RecursionError):
        return path in R.modules


def _settle(R: Machine) -> None:
    """Lets what the set-up began go on: an asynchronous `main` hands its callbacks over once it is connected."""
    with suppress(JsThrow, Stop, RecursionError):
        R.settle_setup()


def cell_value(R: Machine, path: str, name: str) -> Value:
    """The value of a top-level name."""
    instance = R.modules.get(path)
    if instance is None:
        return UNDEFINED
    c = instance.cells.get(name)
    if c is None:
        return UNDEFINED
    return c.v if c.__class__ is Cell else R.rdimp(c, 0)


def discover(program: Program, path: str) -> list[Entry]:
    """The entry points of one module, in source order."""
    code = program.module(path)
    program.whole.add(path)
    if code is None or not (_ASYNC.search(code.text) or _WIRING.search(code.text) or b"@entry" in code.text):
        return []
    R = Machine(program, World(), Pattern("same"))
    R.discovering = True
    if not load(R, path):
        return []
    _settle(R)
    found: list[Entry] = []
    seen: set[tuple[str, int, bool]] = set()

    def add(
        name: str, fn: FunctionCode, unit: str, pick: Callable[[Machine], tuple[Value, JsFunction] | None], how: str
    ) -> None:
        key = (fn.module.path, fn.index, how.endswith(OTHER))
        if key in seen or len(found) >= MAX_ENTRIES or program.is_model(fn.module.path):
            return
        seen.add(key)
        found.append(Entry(name, fn, unit, pick, how, how.endswith((EXCLUSIVE, OTHER)), path))

    for item in list(_registered(R, path, 0, lambda R2: load(R2, path))):
        add(*item)
    for item in list(_classes(program, R, code)):
        add(*item)
    for item in list(_exports(program, R, code)):
        add(*item)
    for entry in [e for e in found if e.how.startswith("registered")]:
        for item in list(_nested(R, entry)):
            add(*item)
    for item in _scripts(R, code, chosen=bool(found)):
        add(*item)
    R.ended = True
    found.sort(key=lambda e: (e.code.module.path, e.code.start))
    return found


Item = tuple[str, FunctionCode, str, Callable[[Machine], "tuple[Value, JsFunction] | None"], str]


def _registrations(R: Machine) -> Iterator[tuple[Any, str, JsFunction]]:
    """The functions that were handed over, each with a name for it that holds in every set-up."""
    count: dict[Any, int] = {}
    before: dict[Any, list[JsFunction]] = {}
    for name, receiver, args, frame, s in R.entries:
        stack: list[Any] = [s]
        f = frame
        while f is not None and f.code is not None:
            stack.append((f.code.module.path, f.code.index, f.site))
            f = f.parent
        key = tuple(stack)
        n = count[key] = count.get(key, -1) + 1
        handlers = [raw(a) for a in args if isinstance(raw(a), JsFunction)]
        method = name.rsplit(".", 1)[-1].lower()
        if method == "use":
            before.setdefault(id(raw(receiver)), []).extend(f for f in handlers if _prepares(R.program, f))
        elif handlers and method in _ROUTES:
            earlier = before.get(id(raw(receiver)), [])
            if len(handlers) > 1 or earlier:
                yield (key, n, 0), name, _chain(R, [*earlier, *handlers])
                continue
        for position, a in enumerate(args):
            v = raw(a)
            if isinstance(v, JsFunction):
                yield (key, n, position), name + EXCLUSIVE if args[-1] == EXCLUSIVE else name, v


def _prepares(program: Program, f: JsFunction) -> bool:
    """Whether a middleware of a whole application leaves something with the request for those that follow."""
    code = f.code
    if code is None or code.n_params < 2:
        return False
    text = program.look_into(code)
    start = _BODY.search(text)
    go_on = re.escape(code.param_names[-1].encode()) + rb"\b"
    # `next` handed to another function, which calls it within something: a context, say
    hands_on = start is not None and re.compile(_LATER + go_on).search(text, start.end())
    return bool(_GIVES.search(text)) or bool(hands_on) or _leaves(code, text)


def _leaves(code: FunctionCode, text: bytes) -> bool:
    """Whether a function assigns a variable from outside of itself, or a property of one."""
    names = b"|".join(re.escape(name.encode()) for name in code.captures)
    return bool(names) and bool(re.search(rb"(?<![.\w$])(?:" + names + rb")(?:\.\w+)*\s*=[^=>]", text))


def _chain(R: Machine, handlers: list[JsFunction]) -> JsFunction:
    """The middleware of a route and its handler as one function: each goes on to the following by `next()`."""

    def run(R2: Machine, at: int, args: list[Value], s: int) -> Value:
        base = R2.frame

        def go_on(R3: Machine, this: Value, given: list[Value], site: int) -> Value:
            if (given and raw(given[0]) is not UNDEFINED) or at + 1 >= len(handlers):
                return UNDEFINED
            saved = R3.frame
            R3.frame = Frame(None, base, s, base.root)
            R3.frame.ctrl |= saved.ctrl
            try:
                return run(R3, at + 1, args, s)
            finally:
                R3.frame = saved

        result = R2.call(handlers[at], UNDEFINED, [*args[:2], R2.native("next", go_on)], s)
        promise = raw(result)
        if isinstance(promise, JsPromise):
            promise.handled = promise.observed = True
        return result

    f = R.native("route", lambda R2, this, args, s: run(R2, 0, args, s))
    f.props[("wraps",)] = handlers[-1]
    return f


def _registered(R: Machine, unit: str, before: int, make: Callable[[Machine], object]) -> Iterator[Item]:
    """Callbacks that a part of the set-up (`make`) handed to a framework or a timer."""
    for key, name, v in list(_registrations(R))[before:]:
        f = function_of(v)
        if f is None or f.code is None:
            continue

        def pick(R2: Machine, wanted: Any = key) -> tuple[Value, JsFunction] | None:
            R2.discovering = True
            make(R2)
            if all(k != wanted for k, _, _ in _registrations(R2)):
                _settle(R2)
            return next(((UNDEFINED, g) for k, _, g in _registrations(R2) if k == wanted), None)

        yield f.code.name, f.code, unit, pick, f"registered with {name}"


def _nested(R: Machine, entry: Entry) -> Iterator[Item]:
    """Callbacks that a callback registers when it runs (the messages of a connection, the routes of a plugin)."""
    code = entry.code
    text = R.program.look_into(code)
    plugin = entry.how.endswith(".register") and _WIRING.search(text)
    if b".on" not in text and not plugin:
        return

    def make(R2: Machine, number: int) -> None:
        memo = ("handled", code.module.path, code.index, number)
        if memo in R2.singletons:
            return
        R2.singletons[memo] = True
        picked = entry.pick(R2)
        if picked is None:
            return
        saved = R2.act, R2.frame, R2.tracking
        R2.act, R2.frame, R2.tracking = R2.setup_act, R2.setup_act.frame, False
        try:
            R2.call(picked[1], picked[0], arguments(R2, picked[1], number), number)
            R2.settle_setup()
        except (JsThrow, Stop, RecursionError):
            pass
        finally:
            R2.act, R2.frame, R2.tracking = saved

    for number in (0, 1):
        before = len(list(_registrations(R)))
        make(R, number)
        for name, fn, unit, pick, how in _registered(R, entry.unit, before, partial(make, number=number)):
            yield name, fn, unit, pick, how + OTHER if number else how


def _classes(program: Program, R: Machine, module: ModuleCode) -> Iterator[Item]:
    """Methods of the classes of a module that outlive a request, and what their constructors register."""
    for cls in module.classes:
        if module.top_level.get(cls.name) != "class":
            continue
        chosen = {m.name for m in cls.members if m.code is not None and _tagged(m.code)}
        eligible = _tagged(cls) or (
            # only what the module exports can reach it
            (not module.exports or cls.name in module.exports.values() or bool(cls.decorators))
            and (cls.has_super or _ASYNC.search(module.text, cls.start, cls.end) is not None)
            and _long_lived(cls)
        )
        if not eligible and not chosen:
            continue
        path = module.path
        make = program.instance if program.per_request(cls) else program.singleton

        def build(R2: Machine, c: ClassCode = cls, p: str = path, make: Callable[..., Value] = make) -> Value:
            load(R2, p)
            return make(R2, c, module, "")

        row = program.is_row(cls)
        before = len(list(_registrations(R)))
        try:
            made = raw(build(R))
        except (JsThrow, Stop, RecursionError):
            continue
        unit = f"{path}#{cls.name}"
        methods = 0
        for member in [*cls.members, *_inherited(program, made)]:
            fn = member.code
            if member.kind != "method" or fn is None or member.name is None:
                continue
            if member.name not in chosen and (
                not eligible or member.name in _LIFECYCLE or member.private or hidden(fn)
            ):
                continue
            if member.static:

                def pick_static(
                    R2: Machine, p: str = path, c: str = cls.name, m: str = member.name
                ) -> tuple[Value, JsFunction] | None:
                    load(R2, p)
                    ctor = raw(cell_value(R2, p, c))
                    f = own(ctor, m) if isinstance(ctor, JsObject) else None
                    return (ctor, f) if isinstance(f, JsFunction) else None

                yield f"{cls.name}.{member.name}", fn, unit, pick_static, "static method"
                continue
            if row or not isinstance(made, JsObject):
                continue  # whoever has loaded a row calls its methods
            methods += 1

            def pick(
                R2: Machine, m: str = member.name, make: Callable[[Machine], Value] = build
            ) -> tuple[Value, JsFunction] | None:
                o = raw(make(R2))
                if not isinstance(o, JsObject):
                    return None
                startup.start(R2, o, m)
                f = startup.method(o, m)
                return None if f is None else (o, f)

            yield f"{cls.name}.{member.name}", fn, unit, pick, "method"
        if isinstance(made, JsObject) and eligible and not row:
            for key, v in list(made.props.items()):
                f = function_of(v)
                if (
                    f is not None
                    and f.code is not None
                    and isinstance(key, str)
                    and not key.startswith("#")
                    and suspends(f.code)
                    and f.code.kind == "arrow"
                    and f.code.module is module
                    and cls.start <= f.code.start < cls.end
                ):

                    def pick_field(
                        R2: Machine, k: str = key, make: Callable[[Machine], Value] = build
                    ) -> tuple[Value, JsFunction] | None:
                        o = raw(make(R2))
                        g = own(o, k) if isinstance(o, JsObject) else None
                        return (o, g) if isinstance(g, JsFunction) else None

                    yield f"{cls.name}.{key}", f.code, unit, pick_field, "method"
        if make == program.singleton:
            yield from _registered(R, unit, before, build)


def _inherited(program: Program, made: Value) -> Iterator[Member]:
    """What an object has from base classes of which there is no object of their own."""
    proto = made.proto if isinstance(made, JsObject) else None
    seen: set[str | None] = set()
    while proto is not None:
        ctor = raw(proto.props.get("constructor"))
        base = ctor.klass.code if isinstance(ctor, JsFunction) and ctor.klass is not None else None
        if base is None or program.is_model(base.module.path):
            return
        if seen and (base.abstract or base.name not in base.module.exports.values()):
            yield from (m for m in base.members if not m.static and m.name not in seen)
        seen.update(m.name for m in base.members)
        seen.add("constructor")
        proto = proto.proto


def _tagged(code: FunctionCode | ClassCode) -> bool:
    """Whether a declaration's comment says `@entry`."""
    return b"@entry" in code.module.text and jsdoc.tagged(code.doc, "entry")


def _long_lived(cls: ClassCode) -> bool:
    """Whether instances of a class outlive a request, as far as its text shows."""
    for d in cls.decorators:
        if d.name in ("ObjectType", "InputType", "ArgsType"):
            return False
    name = cls.name
    return not (name.endswith(("Error", "Exception", "Dto", "DTO", "Test", "Spec")) or cls.abstract)


def _exports(program: Program, R: Machine, module: ModuleCode) -> Iterator[Item]:
    """Exported functions, functions of exported objects, and functions that exported factories return."""
    names = dict(module.exports)
    if module.is_commonjs:
        instance = R.modules.get(module.path)
        exported = raw(instance.exports) if instance is not None else None
        if isinstance(exported, JsObject):
            yield from _members(program, module, exported, "exports", lambda R2: _commonjs(R2, module.path))
    for name, local in names.items():
        value = raw(cell_value(R, module.path, local))

        def get(R2: Machine, n: str = local) -> Value:
            load(R2, module.path)
            return cell_value(R2, module.path, n)

        if isinstance(value, JsFunction) and value.is_class:
            continue
        f = function_of(value)
        if f is not None and f.code is not None:
            yield from _function(program, R, module, local if name == "default" else name, f, value, get)
        elif isinstance(value, JsObject) and not isinstance(value, JsPromise):
            yield from _members(program, module, value, local, get)


def _commonjs(R: Machine, path: str) -> Value:
    load(R, path)
    instance = R.modules.get(path)
    return instance.exports if instance is not None else UNDEFINED


def _function(
    program: Program,
    R: Machine,
    module: ModuleCode,
    name: str,
    f: JsFunction,
    value: Value,
    get: Callable[[Machine], Value],
) -> Iterator[Item]:
    code = f.code
    assert code is not None
    path = module.path

    def pick(R2: Machine) -> tuple[Value, JsFunction] | None:
        v = raw(get(R2))
        return (UNDEFINED, v) if isinstance(v, JsFunction) else None

    if code.is_async and not (code.param_names and _HOST.match(code.param_names[0])):
        yield name, code, path, pick, "exported"
        if _makes_functions(module, code) or _wires(module, code):
            yield from _awaited_product(program, R, module, name, code, get)
        return
    before = len(list(_registrations(R)))
    made = _try_factory(R, value, code)
    unit = f"{path}#{name}()"

    def product(R2: Machine) -> Value:
        key = ("product", path, name)
        if key not in R2.singletons:
            R2.singletons[key] = _try_factory(R2, get(R2), code)
        return R2.singletons[key]

    registered = list(_registered(R, unit, before, product))
    yield from registered
    if code.is_async:
        if not registered:
            yield name, code, path, pick, "exported"
        return
    inner = function_of(made)
    if inner is not None and inner.code is not None:

        def pick_returned(R2: Machine) -> tuple[Value, JsFunction] | None:
            v = raw(product(R2))
            return (UNDEFINED, v) if isinstance(v, JsFunction) else None

        yield f"{name}()", inner.code, unit, pick_returned, "returned"
        return
    if isinstance(made, JsObject) and not isinstance(made, JsPromise) and not isinstance(made, JsFunction):
        yield from _members(program, module, made, f"{name}()", product, unit)
        return
    yield name, code, path, pick, "exported"


def _makes_functions(module: ModuleCode, code: FunctionCode) -> bool:
    """Whether an asynchronous function may return an object of functions that wait for something."""
    inner = [f for f in module.functions if code.start < f.start and f.end <= code.end and f.is_async]
    return bool(inner) and _GIVEN_OUT.search(module.text, code.start, code.end) is not None


def _wires(module: ModuleCode, code: FunctionCode) -> bool:
    """Whether an asynchronous function hands functions of its own to something that calls them later."""
    inner = (f for f in module.functions if code.start < f.start and f.end <= code.end and suspends(f))
    return any(_HANDED.search(module.text, max(code.start, f.anchor - MAX_HANDED), f.start) for f in inner)


def _awaited_product(
    program: Program, R: Machine, module: ModuleCode, name: str, code: FunctionCode, get: Callable[[Machine], Value]
) -> Iterator[Item]:
    """What an asynchronous factory hands to a framework, and the functions of the object that it makes."""

    def product(R2: Machine) -> Value:
        key = ("awaited", module.path, name)
        if key not in R2.singletons:
            made = _try_factory(R2, get(R2), code)
            _settle(R2)
            R2.singletons[key] = raw(made.value) if isinstance(made, JsPromise) and made.state == 1 else UNDEFINED
        return R2.singletons[key]

    before = len(list(_registrations(R)))
    made = product(R)
    unit = f"{module.path}#{name}()"
    yield from _registered(R, unit, before, product)
    if isinstance(made, JsObject) and not isinstance(made, JsPromise | JsFunction) and made.cls is None:
        yield from _members(program, module, made, f"{name}()", product, unit)


def _try_factory(R: Machine, value: Value, code: FunctionCode) -> Value:
    """Calls a function during set-up with long-lived arguments; what it returns, or undefined."""
    saved = R.act, R.frame, R.tracking
    R.act, R.frame, R.tracking = R.setup_act, R.setup_act.frame, False
    try:
        args: list[Value] = []
        for i, p in enumerate(code.param_names):
            ref = code.param_types[i] if i < len(code.param_types) else None
            name = p if p.isidentifier() else f"arg{i + 1}"
            if p.startswith("..."):
                break
            args.append(
                R.program.inject(
                    R, name, (ref, code.module) if ref is not None else None, f"{code.module.path}:{code.name}.{name}"
                )
            )
        return raw(R.call(value, UNDEFINED, args, 0))
    except (JsThrow, Stop, RecursionError):
        return UNDEFINED
    finally:
        R.act, R.frame, R.tracking = saved


def _members(
    program: Program, module: ModuleCode, o: JsObject, name: str, get: Callable[[Machine], Value], unit: str = ""
) -> Iterator[Item]:
    """The functions of an object that lives as long as its module."""
    unit = unit or f"{module.path}#{name}"
    keys: dict[str, Value] = {}
    h: JsObject | None = o
    while h is not None and (h is o or h.cls is None):
        for k, v in h.props.items():
            if (
                isinstance(k, str)
                and v.__class__ is not Accessor
                and k not in keys
                and k != "constructor"
                and not k.startswith("#")
            ):
                keys[k] = own(h, k)
        h = h.proto
        if h is not None and h.props.get("constructor") is None:
            break
    for k, v in keys.items():
        f = function_of(v)
        inner = raw(v)
        if (
            f is None
            and type(inner) is JsObject
            and inner.cls is None
            and inner.term is None
            and name.count(".") < MAX_NESTED
        ):

            def get_inner(R2: Machine, key: str = k) -> Value:
                outer = raw(get(R2))
                return own(outer, key) if isinstance(outer, JsObject) and key in outer.props else UNDEFINED

            yield from _members(program, module, inner, f"{name}.{k}", get_inner, unit)
        if f is None or f.code is None or program.is_model(f.code.module.path) or f.code.module is not module:
            continue
        if f.code.kind == "method" and hidden(f.code):
            continue
        if f.code.kind == "constructor":
            continue

        def pick(R2: Machine, key: str = k) -> tuple[Value, JsFunction] | None:
            p = raw(get(R2))
            if not isinstance(p, JsObject):
                return None
            startup.start(R2, p, key)
            fn = startup.method(p, key)
            return None if fn is None else (p, fn)

        yield f"{name}.{k}" if name != "exports" else k, f.code, unit, pick, "member"


def _scripts(R: Machine, module: ModuleCode, chosen: bool) -> Iterator[Item]:
    """Top-level asynchronous functions of a module without any other entry point; only those `chosen` by `@entry`."""
    for name, kind in module.top_level.items():
        if kind not in ("function", "const"):
            continue
        f = function_of(cell_value(R, module.path, name))
        if f is None or f.code is None or f.code.module is not module:
            continue
        if not _tagged(f.code) and (chosen or not suspends(f.code) or name in _LIFECYCLE or name.startswith(CONDITION)):
            continue

        def pick(R2: Machine, n: str = name) -> tuple[Value, JsFunction] | None:
            load(R2, module.path)
            v = raw(cell_value(R2, module.path, n))
            return (UNDEFINED, v) if isinstance(v, JsFunction) else None

        yield name, f.code, module.path, pick, "script" + EXCLUSIVE if f.code in R.started else "script"


__all__ = ["construct", "discover", "function_of", "term"]
