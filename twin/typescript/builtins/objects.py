"""Object, Function, Symbol, Reflect, Proxy, WeakRef and the Error types (ECMA-262 sections 19, 20 and 28).

Rules: reading the keys of a shared object is logged as one read, its values as one read each. An object
that was spread from something unknown has an unknown rest of keys. Proxies of functions apply their traps;
proxies of objects are their targets, with `get` and `set` traps as accessors of a wrapper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins._base import (
    Realm,
    arg,
    callable_,
    own_keys,
    receiver,
    record,
    tags_of_read,
    to_string,
)
from krepis.twin.typescript.values import (
    BUILTIN,
    NEW,
    NOT_BOUND,
    SYMBOL_ASYNC_DISPOSE,
    SYMBOL_ASYNC_ITERATOR,
    SYMBOL_DISPOSE,
    SYMBOL_HAS_INSTANCE,
    SYMBOL_ITERATOR,
    SYMBOL_TO_PRIMITIVE,
    SYMBOL_TO_STRING_TAG,
    UNDEFINED,
    Accessor,
    Attributes,
    JsArray,
    JsFunction,
    JsMap,
    JsObject,
    JsPromise,
    JsProxy,
    JsThrow,
    Rest,
    Symbol,
    Term,
    Value,
    raw,
    tagged,
    tags_of,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

ERRORS = (
    "TypeError",
    "RangeError",
    "SyntaxError",
    "ReferenceError",
    "EvalError",
    "URIError",
    "AggregateError",
    "SuppressedError",
)


def attributes(o: JsObject) -> Attributes | None:
    """The property attributes of an object that user code may change; None for built-in and frozen ones."""
    if o.frozen is True or o.frozen is BUILTIN:
        return None
    if o.frozen is False:
        o.frozen = Attributes()
    assert isinstance(o.frozen, Attributes)
    return o.frozen


# ---------------------------------------------------------------- keys, values, entries


def _parts(R: Machine, v: Value, s: int, what: str) -> Value:
    """`Object.keys`, `values` and `entries`."""
    r = raw(v)
    t = tags_of(v)
    if r is None or r is UNDEFINED:
        raise R.error("TypeError", "Cannot convert undefined or null to object")
    if r.__class__ is Term:
        return tagged(R.new_array([Rest(term(what, r))]), t)
    if isinstance(r, str):
        r = R.new_array(list(r))
    if not isinstance(r, JsObject):
        return R.new_array([])
    keys = proxy_keys(R, r, s) if isinstance(r, JsProxy) else own_keys(R, r, s)
    t |= tags_of_read(R, r)
    out: list[Value] = []
    for k in keys:
        if isinstance(k, tuple):
            out.append(Rest(term(what, k[1])))
            continue
        if what == "keys":
            out.append(k)
            continue
        value = R.get(r, k, s)
        out.append(value if what == "values" else R.new_array([k, value]))
    return tagged(R.new_array(out), t)


def _from_entries(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = R.new_object()
    source = arg(args, 0)
    if raw(source).__class__ is Term:
        o.props[("spread", R.canon(raw(source)))] = source
        o.term = raw(source)
        return o
    for pair in R.iter(source, s):
        k = R.get(pair, 0, s)
        o.props[R.property_key(k)] = tagged(R.get(pair, 1, s), tags_of(k) | tags_of(pair))
    return o


def _assign(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    target = arg(args, 0)
    t = raw(target)
    for source in args[1:]:
        r = source.term if source.__class__ is Rest else raw(source)
        if r is None or r is UNDEFINED:
            continue
        if isinstance(t, JsObject) and not R._tracked(t) and t.frozen is False and not isinstance(t, JsArray):
            R._spread_into(t, source if source.__class__ is not Rest else r, s)
        elif r.__class__ is Term:
            _assign_unknown(R, t, r, tags_of(source), s)
        elif isinstance(r, JsObject):
            for k in own_keys(R, r, s):
                if isinstance(k, tuple):
                    if k[0] == "spread":
                        _assign_unknown(R, t, k[1], tags_of(r.props[k]), s)
                    continue
                R.set(target, k, tagged(R.get(r, k, s), tags_of(source)), s)
            for k in [k for k in r.props if isinstance(k, Symbol)]:
                R.set(target, k, R.get(r, k, s), s)
    return target


def _assign_unknown(R: Machine, target: Value, source: Term, tags: int, s: int) -> None:
    """Copies properties that are not known into a shared or unknown object."""
    if target.__class__ is Term:
        overlay = R.overlay(target)
        if R.tracking and (target.shared or overlay.owner is not R.act):
            R.note_write(("field", R.canon(target), "*"), R.canon(source), s, tags)
        overlay.props[("spread", R.canon(source))] = source
    elif isinstance(target, JsObject):
        if R._tracked(target):
            R.note_write(("prop", target.ident, R._prop_name(target), "*"), R.canon(source), s, tags)
        target.props[("spread", R.canon(source))] = source


def _group_by(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = R.new_object()
    o.proto = None
    for i, v in enumerate(R.iter(arg(args, 0), s)):
        k = R.property_key(R.call(arg(args, 1), UNDEFINED, [v, i], s))
        group = o.props.get(k)
        if group is None:
            group = o.props[k] = R.new_array([])
        group.items.append(v)
    return o


# ---------------------------------------------------------------- attributes and prototypes


def _freeze(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if isinstance(o, JsObject) and o.frozen is not BUILTIN and not isinstance(o, JsMap):
        a = o.frozen
        o.frozen = True
        if isinstance(a, Attributes) and a.hidden:
            a.extensible = False
            a.fixed |= set(o.props)
            a.locked |= set(o.props)
            o.frozen = a
    return arg(args, 0)


def _seal(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if isinstance(o, JsObject):
        a = attributes(o)
        if a is not None:
            a.extensible = False
            a.locked |= set(o.props)
    return arg(args, 0)


def _prevent(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if isinstance(o, JsObject):
        a = attributes(o)
        if a is not None:
            a.extensible = False
    return arg(args, 0)


def _is_frozen(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if not isinstance(o, JsObject) or o.frozen is True:
        return o.__class__ is not Term
    return isinstance(o.frozen, Attributes) and not o.frozen.extensible and o.frozen.fixed >= set(o.props)


def _is_sealed(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if not isinstance(o, JsObject) or o.frozen is True:
        return o.__class__ is not Term
    return isinstance(o.frozen, Attributes) and not o.frozen.extensible and o.frozen.locked >= set(o.props)


def _is_extensible(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if not isinstance(o, JsObject):
        return o.__class__ is Term
    return o.frozen is False or (isinstance(o.frozen, Attributes) and o.frozen.extensible)


def _define(R: Machine, o: Value, key: Value, descriptor: Value, s: int) -> bool:
    """OrdinaryDefineOwnProperty for what programs do with it; false when refused."""
    target = raw(o)
    d = raw(descriptor)
    if not isinstance(target, JsObject) or not isinstance(d, JsObject):
        if target.__class__ is Term and isinstance(d, JsObject) and "value" in d.props:
            R.set(o, key, d.props["value"], s)
        return True
    k = key if key.__class__ is str else R.property_key(key)
    existed = k in target.props
    if target.frozen is True or target.frozen is BUILTIN:
        return target.frozen is BUILTIN
    flags = {
        name: R.truth(raw(R.get(d, name, s)), s)
        for name in ("writable", "enumerable", "configurable")
        if name in d.props
    }
    special = isinstance(target.frozen, Attributes) or any(
        not flags.get(name, existed) for name in ("writable", "enumerable", "configurable")
    )
    if special:
        a = attributes(target)
        assert a is not None
        if k in a.locked and (("value" in d.props and k in a.fixed) or "get" in d.props or flags.get("configurable")):
            return False
        if not existed and not a.extensible:
            return False
        for group, name in ((a.fixed, "writable"), (a.hidden, "enumerable"), (a.locked, "configurable")):
            if flags.get(name, existed and k not in group):
                group.discard(k)
            else:
                group.add(k)
    if "get" in d.props or "set" in d.props:
        target.props[k] = Accessor(d.props.get("get", UNDEFINED), d.props.get("set", UNDEFINED))
        if isinstance(target.frozen, Attributes):
            target.frozen.fixed.discard(k)
    elif "value" in d.props or not existed:
        value = R.get(d, "value", s) if "value" in d.props else UNDEFINED
        if isinstance(target, JsArray):
            R.set(target, k, value, s)
        elif R._tracked(target):
            R.note_write(
                ("prop", target.ident, R._prop_name(target), k),
                value,
                s,
                R.share(value) if target.shared else 0,
            )
            target.props[k] = raw(value) if target.shared else value
        else:
            target.props[k] = value
    return True


def _define_property(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if not _define(R, arg(args, 0), arg(args, 1), arg(args, 2), s):
        raise R.error("TypeError", f"Cannot redefine property: {terms.to_text(raw(arg(args, 1)))}")
    return arg(args, 0)


def _define_properties(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    d = raw(arg(args, 1))
    if isinstance(d, JsObject):
        for k in list(d.props):
            _define_property(R, this, [arg(args, 0), k, R.get(d, k, s)], s)
    return arg(args, 0)


def _descriptor(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o, k = raw(arg(args, 0)), R.property_key(arg(args, 1))
    if isinstance(o, JsArray) and isinstance(k, str) and k.isdigit():
        if int(k) >= len(o.items):
            return UNDEFINED
        return record(
            R,
            value=R.get(o, k, s),
            writable=o.frozen is False,
            enumerable=True,
            configurable=o.frozen is False,
        )
    if not isinstance(o, JsObject) or k not in o.props:
        return UNDEFINED
    v = o.props[k]
    a = o.frozen if isinstance(o.frozen, Attributes) and o.frozen is not BUILTIN else None
    shown = a is None or k not in a.hidden
    loose = o.frozen is not True and (a is None or k not in a.locked)
    if v.__class__ is Accessor:
        return record(R, get=v.get, set=v.set, enumerable=shown, configurable=loose)
    fixed = o.frozen is True or (a is not None and k in a.fixed)
    return record(R, value=R.get(o, k, s), writable=not fixed, enumerable=shown, configurable=loose)


def _descriptors(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    out = R.new_object()
    if isinstance(o, JsObject):
        for k in own_keys(R, o, s, hidden=True):
            out.props[k] = _descriptor(R, this, [o, k], s)
    return out


def _create(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = R.new_object()
    proto = raw(arg(args, 0))
    o.proto = proto if isinstance(proto, JsObject) else None
    if len(args) > 1 and raw(args[1]) is not UNDEFINED:
        _define_properties(R, this, [o, args[1]], s)
    return o


def proto_of(R: Machine, v: Value) -> Value:
    """The prototype object of any value."""
    if isinstance(v, JsObject):
        return v.proto
    kinds = ((bool, "Boolean"), (str, "String"), (int, "Number"), (float, "Number"), (Symbol, "Symbol"))
    for c, name in kinds:
        if isinstance(v, c):
            return R.protos[name]
    return term("prototype", R.canon(v)) if v.__class__ is Term else None


def _get_prototype(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return proto_of(R, raw(arg(args, 0)))


def _set_prototype(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o, proto = raw(arg(args, 0)), raw(arg(args, 1))
    if isinstance(o, JsObject) and o.frozen is not BUILTIN and (proto is None or isinstance(proto, JsObject)):
        h = proto
        while h is not None:
            if h is o:
                raise R.error("TypeError", "Cyclic __proto__ value")
            h = h.proto
        o.proto = proto
    return arg(args, 0)


def _has_own(R: Machine, o: Value, key: Value, s: int) -> Value:
    r = raw(o)
    k = R.property_key(key)
    t = tags_of(o) | tags_of(key)
    if isinstance(r, JsArray) and isinstance(k, str) and (k.isdigit() or k == "length"):
        items = R.array_read(r, s)
        return tagged(k == "length" or int(k) < len(items), t | tags_of(R.array_tag(r)))
    if isinstance(r, JsObject):
        found: Value = k in r.props
        if not found and k.__class__ is Term:
            return R.has(key, o, s)
        if R._tracked(r) and r.owner is not None:
            found = R.note_read(("prop", r.ident, R._prop_name(r), k), found, s)
        return tagged(found, t)
    if isinstance(r, str):
        return tagged(k == "length" or (isinstance(k, str) and k.isdigit() and int(k) < len(r)), t)
    return tagged(R.has(key, o, s), t) if r.__class__ is Term else False


def same_value(a: Value, b: Value) -> bool:
    """SameValue (ECMA-262 section 7.2.10) of two known primitives or objects."""
    if (
        isinstance(a, float | int)
        and isinstance(b, float | int)
        and not isinstance(a, bool)
        and not isinstance(b, bool)
    ):
        return (a != a and b != b) or (
            a == b
            and terms.number_text(1 / a if a else a) == terms.number_text(1 / b if b else b)
            and str(a)[0] == str(b)[0]
        )
    return a is b or (a.__class__ is b.__class__ and isinstance(a, str | bool) and a == b)


def _is(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    x, y = arg(args, 0), arg(args, 1)
    t = tags_of(x) | tags_of(y)
    if raw(x).__class__ is Term or raw(y).__class__ is Term:
        return R.seq(x, y, s)
    return tagged(same_value(raw(x), raw(y)), t)


def _object(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = raw(arg(args, 0))
    return R.new_object() if v is None or v is UNDEFINED else arg(args, 0)


def _own_names(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if not isinstance(o, JsObject):
        return _parts(R, arg(args, 0), s, "keys")
    return R.new_array([k for k in own_keys(R, o, s, hidden=True) if isinstance(k, str)])


def _own_symbols(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    return R.new_array([k for k in o.props if isinstance(k, Symbol)] if isinstance(o, JsObject) else [])


def _tag_text(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(this)
    if o.__class__ is Term:
        return tagged(R.term("toString", o), tags_of(this))
    if isinstance(o, JsObject) and R._finds(o, SYMBOL_TO_STRING_TAG):
        tag = raw(R.get(o, SYMBOL_TO_STRING_TAG, s))
        if isinstance(tag, str):
            return f"[object {tag}]"
    name = {
        UNDEFINED.__class__: "Undefined", type(None): "Null", JsArray: "Array", JsFunction: "Function",
        bool: "Boolean",
        str: "String", int: "Number", float: "Number", JsPromise: "Promise", Symbol: "Symbol",
    }.get(o.__class__)  # fmt: skip
    if name is None:
        name = (
            o.kind
            if isinstance(o, JsMap)
            else getattr(o, "class_name", "") or ("Error" if _is_error(R, o) else "Object")
        )
    return f"[object {name}]"


def _is_error(R: Machine, o: Value) -> bool:
    h = o.proto if isinstance(o, JsObject) else None
    while h is not None:
        if h is R.protos["Error"]:
            return True
        h = h.proto
    return False


def _is_prototype_of(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    h = o.proto if isinstance(o, JsObject) else None
    while h is not None and h is not raw(this):
        h = h.proto
    return h is not None


def _enumerable(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o, k = raw(this), R.property_key(arg(args, 0))
    return isinstance(o, JsObject) and (k in own_keys(R, o, s) or (isinstance(k, Symbol) and k in o.props))


# ---------------------------------------------------------------- functions


def _call(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.call(this, arg(args, 0), args[1:], s)


def list_of(R: Machine, v: Value, s: int) -> list[Value]:
    """CreateListFromArrayLike for argument lists."""
    r = raw(v)
    if r is UNDEFINED or r is None:
        return []
    if isinstance(r, JsObject) and not isinstance(r, JsArray):
        from krepis.twin.typescript.builtins.arrays import as_array

        return list(as_array(R, r).items)
    return R.spread([(1, v)], s)


def _apply(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.call(this, arg(args, 0), list_of(R, arg(args, 1), s), s)


def bind(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    """`f.bind(receiver, ...args)`; the code stays visible, so that a bound method can be an entry point."""
    f = raw(this)
    if f.__class__ is Term:
        return tagged(
            R.native(R._call_name(f), lambda R2, t, a, s2: R2.call(this, UNDEFINED, [*args[1:], *a], s2)),
            tags_of(this),
        )
    if not isinstance(f, JsFunction):
        raise R.error("TypeError", "Bind must be called on a function")
    receiver = arg(args, 0)
    if f.native is None and not f.is_class and len(args) <= 1:
        bound = JsFunction(R.ident(), f.proto, f"bound {f.name}")
        bound.code, bound.env, bound.home, bound.klass, bound.parent = (
            f.code,
            f.env,
            f.home,
            f.klass,
            f.parent,
        )
        bound.bound_this = receiver if f.bound_this is NOT_BOUND else f.bound_this
        bound.bound_nt = f.bound_nt
        bound.props[("bound",)] = f
        bound.owner = R.act
        bound.shared = not R.tracking
        return bound

    def native(R2: Machine, t: Value, a: list[Value], s2: int) -> Value:
        if t is NEW:
            return R2.new(f, [*args[1:], *a], s2)
        return R2.call(f, receiver, [*args[1:], *a], s2)

    made = R.native(f"bound {f.name}", native)
    made.code, made.parent, made.owner = f.code, f.parent, R.act
    made.props[("bound",)] = f
    return made


def _function(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return term("dep", "global", "Function", "Function")


def _has_instance(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.instanceof(arg(args, 0), this, s)


# ---------------------------------------------------------------- symbols


def _symbol(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = raw(arg(args, 0))
    return Symbol("" if v is UNDEFINED else str(to_string(R, v)))


def _symbol_for(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    name = str(to_string(R, raw(arg(args, 0))))
    return _REGISTERED.setdefault(name, Symbol(name))


_REGISTERED: dict[str, Symbol] = {}


def _key_for(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = raw(arg(args, 0))
    return v.name if isinstance(v, Symbol) and _REGISTERED.get(v.name) is v else UNDEFINED


# ---------------------------------------------------------------- errors


def fill_error(R: Machine, o: JsObject, message: Value, options: Value, s: int) -> JsObject:
    """The own properties of an error object."""
    if raw(message) is not UNDEFINED:
        o.props["message"] = tagged(to_string(R, raw(message)), tags_of(message))
    opts = raw(options)
    if isinstance(opts, JsObject) and "cause" in opts.props:
        o.props["cause"] = R.get(opts, "cause", s)
    a = attributes(o)
    if a is not None:
        a.hidden |= {"message", "cause", "errors", "stack"}
    return o


def _error(name: str) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        o = R.new_object(name)
        if name == "AggregateError":
            fill_error(R, o, arg(args, 1), arg(args, 2), s)
            o.props["errors"] = R.new_array(list(R.iter(arg(args, 0), s)) if args else [])
            return o
        if name == "SuppressedError":
            o.props.update(error=arg(args, 0), suppressed=arg(args, 1))
            return fill_error(R, o, arg(args, 2), UNDEFINED, s)
        return fill_error(R, o, arg(args, 0), arg(args, 1), s)

    return native


def _error_text(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(this)
    name, message = R.get(o, "name", s), R.get(o, "message", s)
    n = "Error" if raw(name) is UNDEFINED else to_string(R, raw(name))
    m = "" if raw(message) is UNDEFINED else to_string(R, raw(message))
    t = tags_of(name) | tags_of(message)
    return tagged(n if m == "" else m if n == "" else terms.concat([n, ": ", m]), t)


def _stack(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    text = _error_text(R, this, [], s)
    return tagged(terms.concat([raw(text), "\n    at <anonymous>"]), tags_of(text))


# ---------------------------------------------------------------- Reflect and Proxy


def _reflect_own_keys(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if not isinstance(o, JsObject) or isinstance(o, JsProxy):
        return _parts(R, arg(args, 0), s, "keys")
    keys = [k for k in own_keys(R, o, s, hidden=True) if not isinstance(k, tuple)]
    return R.new_array(keys + [k for k in o.props if isinstance(k, Symbol)])


def _reflect_apply(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.call(arg(args, 0), arg(args, 1), list_of(R, arg(args, 2), s), s)


def _reflect_get(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = raw(arg(args, 0))
    if isinstance(o, JsObject) and len(args) > 2 and not isinstance(o, JsArray):
        return R._get_object(o, R.property_key(args[1]), s, args[2])
    return R.get(arg(args, 0), arg(args, 1), s)


def _reflect_set(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    try:
        R.set(arg(args, 0), arg(args, 1), arg(args, 2), s)
    except JsThrow:
        return False
    return True


def _reflect_delete(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    try:
        return R.delete(arg(args, 0), arg(args, 1), s)
    except JsThrow:
        return False


def _proxy(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    target, handler = arg(args, 0), arg(args, 1)
    t, h = raw(target), raw(handler)
    if not isinstance(h, JsObject) or t.__class__ is Term:
        return target
    if isinstance(t, JsFunction):
        trap, build = raw(R.get(h, "apply", s)), raw(R.get(h, "construct", s))
        if not callable_(trap) and not callable_(build):
            return target

        def native(R2: Machine, receiver: Value, a: list[Value], s2: int) -> Value:
            if receiver is NEW:
                return R2.call(build, h, [t, R2.new_array(list(a)), t], s2) if callable_(build) else R2.new(t, a, s2)
            return (
                R2.call(trap, h, [t, receiver, R2.new_array(list(a))], s2)
                if callable_(trap)
                else R2.call(t, receiver, a, s2)
            )

        f = R.native(t.name, native)
        f.code, f.parent, f.owner = t.code, t.parent, R.act
        f.proto = t
        return f
    if isinstance(t, JsObject):
        p = JsProxy(R.ident(), t, h)
        p.owner, p.shared, p.cls = R.act, not R.tracking, t.cls
        return p
    return target


def _trap(R: Machine, p: JsProxy, name: str, s: int) -> Value:
    f = raw(R.get(p.handler, name, s))
    return f if callable_(f) else None


def _shown(k: Any) -> Value:
    return k[1] if isinstance(k, tuple) else k


def proxy_get(R: Machine, p: JsProxy, k: Any, s: int) -> Value:
    """[[Get]] of a proxy."""
    f = _trap(R, p, "get", s)
    return R.get(p.target, k, s) if f is None else R.call(f, p.handler, [p.target, _shown(k), p], s)


def proxy_set(R: Machine, p: JsProxy, k: Any, v: Value, s: int) -> None:
    """[[Set]] of a proxy."""
    f = _trap(R, p, "set", s)
    if f is None:
        R.set(p.target, k, v, s)
    elif R.truth(raw(R.call(f, p.handler, [p.target, _shown(k), v, p], s)), s) is False:
        raise R.error("TypeError", f"'set' on proxy: trap returned falsish for property '{k}'")


def proxy_has(R: Machine, p: JsProxy, k: Any, s: int) -> Value:
    """[[HasProperty]] of a proxy."""
    f = _trap(R, p, "has", s)
    return R.has(k, p.target, s) if f is None else R.truth(raw(R.call(f, p.handler, [p.target, _shown(k)], s)), s)


def proxy_delete(R: Machine, p: JsProxy, k: Any, s: int) -> bool:
    """[[Delete]] of a proxy."""
    f = _trap(R, p, "deleteProperty", s)
    if f is None:
        return R.delete(p.target, k, s)
    if not R.truth(raw(R.call(f, p.handler, [p.target, _shown(k)], s)), s):
        raise R.error("TypeError", f"'deleteProperty' on proxy: trap returned falsish for property '{k}'")
    return True


def proxy_keys(R: Machine, p: JsProxy, s: int) -> list[Any]:
    """The enumerable own keys of a proxy."""
    f = _trap(R, p, "ownKeys", s)
    if f is None:
        return own_keys(R, p.target, s)
    keys = [R.property_key(k) for k in R.iter(R.call(f, p.handler, [p.target], s), s)]
    return [k for k in keys if not isinstance(k, Symbol) and (k in p.target.props or isinstance(p.target, JsArray))]


def _weak_ref(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = R.new_object("WeakRef")
    o.props[("target",)] = arg(args, 0)
    return o


def define(realm: Realm) -> None:
    """Adds Object, Function, Symbol, the errors, Reflect, Proxy and WeakRef to the realm."""
    realm.methods(
        realm.protos["Object"],
        {
            "hasOwnProperty": lambda R, this, args, s: _has_own(R, this, arg(args, 0), s),
            "isPrototypeOf": _is_prototype_of, "propertyIsEnumerable": _enumerable, "toString": _tag_text,
            "toLocaleString": _tag_text, "valueOf": lambda R, this, args, s: this,
        },
    )  # fmt: skip
    statics = {
        "assign": _assign, "create": _create, "defineProperties": _define_properties,
        "defineProperty": _define_property,
        "entries": lambda R, this, args, s: _parts(R, arg(args, 0), s, "entries"), "freeze": _freeze,
        "fromEntries": _from_entries, "getOwnPropertyDescriptor": _descriptor,
        "getOwnPropertyDescriptors": _descriptors,
        "getOwnPropertyNames": _own_names, "getOwnPropertySymbols": _own_symbols,
        "getPrototypeOf": _get_prototype,
        "groupBy": _group_by,
        "hasOwn": lambda R, this, args, s: _has_own(R, arg(args, 0), arg(args, 1), s), "is": _is,
        "isExtensible": _is_extensible, "isFrozen": _is_frozen, "isSealed": _is_sealed,
        "keys": lambda R, this, args, s: _parts(R, arg(args, 0), s, "keys"),
        "preventExtensions": _prevent, "seal": _seal,
        "setPrototypeOf": _set_prototype,
        "values": lambda R, this, args, s: _parts(R, arg(args, 0), s, "values"),
    }  # fmt: skip
    realm.constructor("Object", _object, statics)
    function = realm.proto("Function")
    realm.methods(
        function,
        {
            "apply": _apply, "bind": bind, "call": _call, SYMBOL_HAS_INSTANCE: _has_instance,
            "toString": lambda R, this, args, s: terms.to_text(raw(this)),
        },
    )  # fmt: skip
    realm.constructor("Function", _function)
    symbol = realm.constructor("Symbol", _symbol, {"for": _symbol_for, "keyFor": _key_for})
    symbol.props.update(
        iterator=SYMBOL_ITERATOR, asyncIterator=SYMBOL_ASYNC_ITERATOR, dispose=SYMBOL_DISPOSE,
        asyncDispose=SYMBOL_ASYNC_DISPOSE, toPrimitive=SYMBOL_TO_PRIMITIVE, hasInstance=SYMBOL_HAS_INSTANCE,
        toStringTag=SYMBOL_TO_STRING_TAG, species=Symbol("Symbol.species"),
    )  # fmt: skip
    realm.methods(
        realm.proto("Symbol"),
        {"toString": lambda R, this, args, s: repr(raw(this)), "valueOf": lambda R, this, args, s: this},
    )
    error = realm.proto("Error")
    error.props.update(name="Error", message="")
    realm.methods(error, {"toString": _error_text})
    realm.getter(error, "stack", _stack)
    base = realm.constructor("Error", _error("Error"), {"captureStackTrace": lambda R, this, args, s: UNDEFINED})
    for name in ERRORS:
        proto = realm.proto(name, "Error")
        proto.props.update(name=name, message="")
        realm.constructor(name, _error(name)).proto = base
    reflect = realm.object("Reflect")
    realm.methods(
        reflect,
        {
            "apply": _reflect_apply,
            "construct": lambda R, this, args, s: R.new(arg(args, 0), list_of(R, arg(args, 1), s), s),
            "defineProperty": lambda R, this, a, s: _define(R, arg(a, 0), arg(a, 1), arg(a, 2), s),
            "deleteProperty": _reflect_delete, "get": _reflect_get, "set": _reflect_set,
            "getOwnPropertyDescriptor": _descriptor, "getPrototypeOf": _get_prototype,
            "has": lambda R, this, args, s: R.has(arg(args, 1), arg(args, 0), s),
            "isExtensible": _is_extensible,
            "ownKeys": _reflect_own_keys, "setPrototypeOf": _set_prototype,
            "getMetadata": lambda R, this, args, s: UNDEFINED,
            "defineMetadata": lambda R, this, args, s: UNDEFINED,
            "preventExtensions": lambda R, this, args, s: raw(_prevent(R, this, args, s)) is not None,
        },
    )  # fmt: skip
    realm.globals["Reflect"] = reflect
    realm.constructor("Proxy", _proxy)
    realm.methods(
        realm.proto("WeakRef"),
        {"deref": lambda R, this, args, s: receiver(R, this).props.get(("target",), UNDEFINED)},
    )
    realm.constructor("WeakRef", _weak_ref)
    nothing = {
        "register": lambda R, this, args, s: UNDEFINED,
        "unregister": lambda R, this, args, s: UNDEFINED,
    }
    realm.methods(realm.proto("FinalizationRegistry"), nothing)
    realm.constructor("FinalizationRegistry", lambda R, this, args, s: R.new_object("FinalizationRegistry"))
