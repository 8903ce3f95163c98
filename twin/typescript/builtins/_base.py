"""What the tables of built-in functions share: building the realm, reading arguments, pure functions.

Rules: a native is `fn(R, this, args, s)` and accepts tagged values, unknown terms and `Rest` anywhere.
The objects of the realm are made once per process, belong to no execution and are never written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.code import TypeRef
from krepis.twin.typescript.values import (
    BUILTIN,
    NEW,
    SYMBOL_TO_PRIMITIVE,
    UNDEFINED,
    Accessor,
    BigInt,
    JsArray,
    JsFunction,
    JsGenerator,
    JsObject,
    JsRegExp,
    JsThrow,
    Rest,
    Symbol,
    Term,
    V,
    Value,
    raw,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

Native = Callable[[Any, Value, list[Value], int], Value]

STRING = (TypeRef("string"), None)
NUMBER = (TypeRef("number"), None)


class Realm:
    """The built-in objects of one process."""

    def __init__(self) -> None:
        self.protos: dict[str, JsObject] = {}
        self.globals: dict[str, Value] = {}
        root = self.object("Object.prototype", None)
        self.protos["Object"] = root
        self.protos["Function"] = self.object("Function.prototype")

    def object(self, label: str, proto: JsObject | str | None = "Object") -> JsObject:
        """A shared object of the realm."""
        o = JsObject(("builtin", label), self.protos[proto] if isinstance(proto, str) else proto)
        o.shared = True
        o.frozen = BUILTIN
        return o

    def proto(self, name: str, parent: str = "Object") -> JsObject:
        """The prototype object of a built-in class."""
        found = self.protos.get(name)
        if found is None:
            found = self.protos[name] = self.object(f"{name}.prototype", parent)
        return found

    def function(self, name: str, native: Native, label: str = "") -> JsFunction:
        """A native function."""
        f = JsFunction(("builtin", label or name), self.protos["Function"], name)
        f.native = native
        f.shared = True
        f.frozen = BUILTIN
        return f

    def methods(self, target: JsObject, table: Mapping[Any, Native]) -> None:
        """Adds native functions to an object of the realm."""
        label = target.ident[1]
        for key, native in table.items():
            name = key if isinstance(key, str) else f"[{key.name}]"
            target.props[key] = self.function(name, native, f"{label}.{name}")

    def getter(self, target: JsObject, key: Any, native: Native) -> None:
        """Adds a native getter."""
        target.props[key] = Accessor(self.function(f"get {key}", native, f"{target.ident[1]}.get {key}"), UNDEFINED)

    def constructor(
        self, name: str, native: Native, statics: Mapping[Any, Native] | None = None, proto: str = ""
    ) -> JsFunction:
        """A global constructor whose prototype object is `protos[proto or name]`."""
        f = self.function(name, native)
        p = self.proto(proto or name)
        f.props["prototype"] = p
        p.props["constructor"] = f
        if statics:
            self.methods(f, statics)
        self.globals[name] = f
        return f


def arg(args: list[Value], i: int) -> Value:
    """The argument `i` with its tags; `undefined` when missing; the term of an unknown run."""
    if i < len(args):
        a = args[i]
        return term("elem", a.term, 0) if a.__class__ is Rest else a
    return UNDEFINED


def callable_(v: Value) -> bool:
    """Whether a value may be called."""
    r = raw(v)
    return isinstance(r, JsFunction) or r.__class__ is Term


def holds(R: Machine, v: Value, s: int, default: bool = True) -> tuple[bool, int]:
    """The truth of a callback's answer and what it depends on, without tainting the frame's control."""
    if v.__class__ is V:
        return R.truth(v.v, s, default), v.tags
    return R.truth(v, s, default), 0


def leaf(R: Machine, v: Value) -> Any:
    """A value as part of a term."""
    v = raw(v)
    if v.__class__ is Rest:
        return v.term
    if isinstance(v, JsRegExp):
        return ("regex", v.source, v.flags)
    if isinstance(v, JsFunction):
        return "function"
    if isinstance(v, JsObject):
        return R.snapshot(v, 3)
    return v


def make(R: Machine, op: str, kind: str, parts: list[Value]) -> Value:
    """The term of an unknown result; `kind` is 'string', 'number', 'pred' or ''."""
    leaves = [leaf(R, p) for p in parts]
    if kind == "pred":
        return term("pred", op, *leaves)
    return term(op, *leaves, type=STRING if kind == "string" else NUMBER if kind == "number" else None)


def to_primitive(R: Machine, v: Value, hint: str = "default") -> Value:
    """ToPrimitive (ECMA-262 section 7.1.1) of an untagged value; terms stay."""
    if not isinstance(v, JsObject):
        return v
    exotic = raw(R._get_object(v, SYMBOL_TO_PRIMITIVE, 0, v)) if R._finds(v, SYMBOL_TO_PRIMITIVE) else UNDEFINED
    if callable_(exotic):
        return raw(R.call(exotic, v, [hint], 0))
    if v.class_name == "Date" and hint != "string":
        from krepis.twin.typescript.builtins.dates import date_text

        time = raw(v.props["time"])
        return time if hint == "number" else date_text(time)
    for name in ("toString", "valueOf") if hint == "string" else ("valueOf", "toString"):
        if R._finds(v, name):
            f = raw(R._get_object(v, name, 0, v))
            if callable_(f):
                r = raw(R.call(f, v, [], 0))
                if not isinstance(r, JsObject):
                    return r
    if isinstance(v, JsArray | JsFunction):
        return terms.to_text(v)
    raise R.error("TypeError", "Cannot convert object to primitive value")


def to_string(R: Machine, v: Value) -> Any:
    """ToString of an untagged value: text or a term."""
    if v.__class__ is str:
        return v
    if v.__class__ is Rest:
        return v.term
    return terms.to_text(to_primitive(R, v, "string") if isinstance(v, JsObject) else v)


def to_number(R: Machine, v: Value) -> Any:
    """ToNumber of an untagged value: a number or a term."""
    if isinstance(v, JsObject):
        v = to_primitive(R, v, "number")
    if isinstance(v, Symbol):
        raise R.error("TypeError", "Cannot convert a Symbol value to a number")
    n = terms.to_number(v)
    return int(n) if isinstance(n, BigInt) else n


def integer(R: Machine, v: Value, default: int = 0) -> Any:
    """ToIntegerOrInfinity of an untagged value; infinities are clamped to 2**53; a term stays."""
    if v is UNDEFINED:
        return default
    n = v if v.__class__ is int else to_number(R, v)
    if n.__class__ is Term:
        return n
    if isinstance(n, float):
        if n != n:
            return 0
        if n in (math.inf, -math.inf):
            return 2**53 if n > 0 else -(2**53)
        return int(n)
    return int(n)


def clamp(n: int, length: int) -> int:
    """A relative index within 0..length."""
    return max(0, length + n) if n < 0 else min(n, length)


def pure(op: str, kind: str, fn: Callable[[Any, Any, list[Value]], Value]) -> Native:
    """A native that depends on its receiver and arguments only: folded when known, else a term.

    `fn(R, this, args)` gets untagged values; it may return NotImplemented for "unknown".
    Objects among the arguments are converted to primitives first.
    """

    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        tags = 0
        if this.__class__ is V:
            tags = this.tags
            this = this.v
        unknown = this.__class__ is Term
        plain: list[Value] = []
        for a in args:
            if a.__class__ is V:
                tags |= a.tags
                a = a.v
            if a.__class__ is Rest or a.__class__ is Term:
                unknown = True
            elif isinstance(a, JsObject) and (kind == "number" or not isinstance(a, JsFunction | JsRegExp)):
                a = to_primitive(R, a, "string" if kind == "string" else "number")
                unknown = unknown or a.__class__ is Term
            plain.append(a)
        result = NotImplemented if unknown else fn(R, this, plain)
        if result is NotImplemented:
            static = this is UNDEFINED or this is NEW or isinstance(this, JsObject)
            result = make(R, op, kind, plain if static else [this, *plain])
        return V(result, tags) if tags else result

    return native


def constant(value: Value) -> Native:
    """A native that gives the same primitive always."""
    return lambda R, this, args, s: value


def deep(R: Machine, values: list[Value]) -> int:
    """The tags of several values, through what they are made of."""
    tags = 0
    for v in values:
        if v.__class__ is not Rest:
            tags |= R.deep_tags(v)
    return tags


def element_type(R: Machine, v: Value) -> Any:
    """The type of the elements of an array or term, or None."""
    r = raw(v)
    if isinstance(r, JsArray):
        return R._element_type(r, 0)
    return R.program.element_type(r.type) if r.__class__ is Term else None


def iterator(R: Machine, source: Any, proto: str) -> JsGenerator:
    """A native iterator object around a Python iterator of values."""
    g = JsGenerator(R.ident(), R.protos[proto])
    g.owner = R.act
    g.gen = source
    return g


def result_object(R: Machine, value: Value, done: bool) -> JsObject:
    """An iterator result."""
    o = R.new_object()
    o.props["value"] = value
    o.props["done"] = done
    return o


def record(R: Machine, **props: Value) -> JsObject:
    """A fresh object with these properties."""
    o = R.new_object()
    o.props.update(props)
    return o


def later(R: Machine, fn: Callable[[], None]) -> Callable[..., None]:
    """`fn` run in the activation and frame that are current now; exceptions of TypeScript are dropped."""
    act, frame = R.act, R.frame

    def run(*_: Any) -> None:
        saved = R.act, R.frame
        R.act, R.frame = act, frame
        try:
            fn()
        except JsThrow:
            pass
        finally:
            R.act, R.frame = saved

    return run


def own_keys(R: Machine, o: JsObject, s: int, *, hidden: bool = False) -> list[Any]:
    """The own enumerable keys (strings, terms, spreads) in order; logs the read of the set of keys."""
    from krepis.twin.typescript.machine import order_keys

    if o.owner is not None and R._tracked(o):
        R.note_read(("keys", o.ident, o.label or "object"), None, s)
    keys: list[Any] = [str(i) for i in range(len(o.items))] if isinstance(o, JsArray) else []
    skip = o.frozen.hidden if o.frozen and o.frozen is not True and not hidden else ()
    for k in order_keys(list(o.props)):
        if isinstance(k, Symbol) or k in skip or (isinstance(k, str) and k.startswith("#")):
            continue
        if isinstance(k, tuple) and k[0] != "spread":
            continue
        if (k == "time" and o.class_name == "Date") or (k == "prototype" and isinstance(o, JsFunction)):
            continue
        keys.append(k)
    if isinstance(o, JsArray) and hidden:
        keys.append("length")
    return keys


def tags_of_read(R: Machine, o: JsObject) -> int:
    """The tag of the read of an object's keys just logged."""
    if R.log and o.owner is not None and R._tracked(o) and R.log[-1].loc[:2] == ("keys", o.ident):
        return 1 << R.log[-1].index
    return 0


def receiver(R: Machine, this: Value) -> JsObject:
    """The receiver of a method of objects."""
    o = raw(this)
    if not isinstance(o, JsObject):
        raise R.error("TypeError", "Method called on incompatible receiver")
    return o
