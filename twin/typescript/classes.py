"""Classes of the simulated machine: definition, construction, inheritance from project, model and built-in classes.

Strategy: the prototype model of ECMA-262 section 15.7, except that an object is allocated before its
constructor chain runs (there is no observable difference without `this`-before-`super` errors).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript.code import ClassCode, FunctionCode
from krepis.twin.typescript.values import (
    DECORATES,
    NOSUPER,
    UNDEFINED,
    Accessor,
    Cell,
    JsFunction,
    JsObject,
    JsThrow,
    Lazy,
    Rest,
    Term,
    Value,
    own,
    raw,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine


class JsClass(JsFunction):
    """A class; one without static state is filled when somebody first looks into it.

    Libraries declare dozens of classes of which a scenario uses two. `props`, `klass` and `proto` stay unset
    until then, which is what makes Python ask `__getattr__`.
    """

    __slots__ = ("_fill",)

    def __init__(self, ident: Any, proto: JsObject | None, name: str) -> None:
        super().__init__(ident, proto, name)
        self.is_class = True

    def postpone(self, fill: Callable[[], None]) -> None:
        """Leaves the contents to the first look."""
        self._fill = (fill, self.proto)
        del self.props, self.klass, self.proto

    def __getattr__(self, name: str) -> Any:
        if name not in ("props", "klass", "proto"):
            raise AttributeError(name)
        fill, proto = self._fill
        self.props = {}
        self.klass = None
        self.proto = proto
        fill()
        return getattr(self, name)


class Klass:
    """What instances of a class need to know of it; `base_unknown` is an ancestor without a body."""

    __slots__ = ("base", "base_unknown", "code", "ctor", "fields", "name")

    def __init__(self, name: str, code: ClassCode | None) -> None:
        self.name = name
        self.code = code
        self.base: JsFunction | None = None
        self.base_unknown: Term | None = None
        self.ctor: JsFunction | None = None
        self.fields: list[tuple[Value, JsFunction | partial[Value] | None, Any]] = []


def make_class(
    R: Machine,
    code: ClassCode,
    base: Value,
    envs: list[tuple[Any, ...]],
    keys: list[Value],
    fn: JsFunction,
    this: Value,
    s: int,
    cell: Cell | None = None,
) -> JsFunction:
    """ClassDefinitionEvaluation (ECMA-262 section 15.7.14). `cell` is the variable that static members see it by."""
    ctor = JsClass(R.ident(), R.protos["Function"], code.name)
    ctor.shared = not R.tracking
    ctor.owner = R.act
    ctor.parent = fn
    fill = partial(_fill, R, ctor, code, raw(base), envs, keys, fn, this, s, cell, R.act, R.frame)
    if code.plain:
        ctor.postpone(fill)
        if cell is not None:
            R.init(cell, ctor)
    else:
        fill()
    return ctor


def _fill(
    R: Machine,
    ctor: JsClass,
    code: ClassCode,
    base: Value,
    envs: list[tuple[Any, ...]],
    keys: list[Value],
    fn: JsFunction,
    this: Value,
    s: int,
    cell: Cell | None,
    owner: Any,
    frame: Any,
) -> None:
    """Makes the prototype and the members of a class."""
    klass = Klass(code.name, code)
    ctor.klass = klass
    proto = JsObject((ctor.ident, "prototype"), R.protos["Object"])
    proto.shared = True
    if isinstance(base, JsFunction):
        klass.base = base
        ctor.proto = base
        parent_proto = R.get(base, "prototype", s) if not base.is_class else base.props.get("prototype")
        parent_proto = raw(parent_proto)
        if isinstance(parent_proto, JsObject):
            proto.proto = parent_proto
        if base.klass is not None:
            klass.base_unknown = base.klass.base_unknown
    elif base is not NOSUPER and base.__class__ is Term:
        klass.base_unknown = base
    proto.props["constructor"] = ctor
    ctor.props["prototype"] = proto
    environment = iter(envs)
    computed = iter(keys)

    def function_of(fc: FunctionCode, home: JsObject, env: tuple[Any, ...]) -> JsFunction:
        f = JsFunction((ctor.ident, fc.index), R.protos["Function"], fc.name.rsplit(".", 1)[-1])
        f.code = fc
        f.env = env
        f.home = home
        f.klass = klass
        f.shared = True
        f.parent = fn
        f.owner = owner
        return f

    if code.ctor is not None:
        klass.ctor = function_of(code.ctor, proto, next(environment))
    deferred: list[tuple[str, Value, JsFunction | None]] = []
    for member in code.members:
        if member.ambient:
            continue
        key = member.name if member.name is not None else R.property_key(next(computed))
        target: JsObject = ctor if member.static else proto
        if member.kind == "method" and member.code is not None:
            target.props[key] = Lazy(partial(function_of, member.code, target, next(environment)))
            continue
        f = function_of(member.code, target, next(environment)) if member.code is not None else None
        if member.kind in ("get", "set") and f is not None:
            old = target.props.get(key)
            getter = old.get if old.__class__ is Accessor else UNDEFINED
            setter = old.set if old.__class__ is Accessor else UNDEFINED
            target.props[key] = Accessor(f, setter) if member.kind == "get" else Accessor(getter, f)
        elif member.kind == "decorator" and f is not None:
            _decorate(R, target, key, ctor, f, s)
        elif member.kind == "static-block" or member.static:
            deferred.append((member.kind, key, f))
        elif member.kind in ("field", "accessor"):
            given = partial(R.program.given_field, R, code, member) if f is None and member.decorators else None
            klass.fields.append((key, f or given, (member.type, code.module) if member.type is not None else None))
    if cell is not None and not code.plain:
        R.init(cell, ctor)
    static_types = {m.name: m.type for m in code.members if m.static and m.type is not None}
    for kind, key, f in deferred:
        value = R.invoke(f, ctor, [], UNDEFINED, s) if f is not None else UNDEFINED
        if kind != "static-block":
            ctor.props[key] = value
            typed = static_types.get(key) if isinstance(key, str) else None
            if typed is not None and isinstance(raw(value), JsObject) and raw(value).types is None:
                raw(value).types = (typed, code.module)
            if not R.tracking and isinstance(raw(value), JsObject):
                R._label(value, f"{code.name}.{key}")


def _decorate(R: Machine, target: JsObject, key: Any, ctor: JsClass, thunk: JsFunction, s: int) -> None:
    """Replaces a method by what a decorator with a body here makes of it, by the standard or the older protocol."""
    method = own(target, key)
    try:
        decorator = raw(R.invoke(thunk, ctor, [], UNDEFINED, s))
    except JsThrow:  # a name that nothing declares
        return
    if not isinstance(method, JsFunction) or not isinstance(decorator, JsFunction) or decorator.code is None:
        return
    if R.program.is_model(decorator.code.module.path):
        return
    if _standard(decorator.code):
        context = R.new_object()
        context.props.update(kind="method", name=key, static=target is ctor, private=False)
        context.props["addInitializer"] = R.native("addInitializer", lambda R2, this, args, at: UNDEFINED)
        made = raw(R.call(decorator, UNDEFINED, [method, context], s))
    else:
        descriptor = R.new_object()
        descriptor.props.update(value=method, writable=True, enumerable=False, configurable=True)
        given = raw(R.call(decorator, UNDEFINED, [target, key, descriptor], s))
        made = raw(own(given if isinstance(given, JsObject) else descriptor, "value"))
    if isinstance(made, JsFunction) and made is not method:
        made.props[DECORATES] = method
        made.shared = True
        target.props[key] = made


def _standard(code: FunctionCode) -> bool:
    """Whether a decorator takes a method and its context, not an object, a name and a descriptor."""
    names, types = code.param_names, code.param_types
    if len(names) == 2:
        ref = types[1] if len(types) > 1 else None
        return "ontext" in (ref.name if ref is not None else names[1]) or names[1].lstrip("_") == "ctx"
    return len(names) == 1


def native_root(ctor: JsFunction) -> JsFunction | None:
    """The built-in class at the end of an inheritance chain."""
    c: JsFunction | None = ctor
    while c is not None and c.klass is not None:
        c = c.klass.base
    return c


def allocate(R: Machine, nt: JsFunction) -> JsObject:
    """An object for `new nt(...)`, of the kind that its built-in ancestor needs."""
    root = native_root(nt)
    proto = raw(R.get(nt, "prototype", 0))
    name = root.name if root is not None and root.native is not None else ""
    o: JsObject
    if name in ("Map", "Set", "WeakMap", "WeakSet"):
        o = R.new_map(name)
    elif name == "Array":
        o = R.new_array([])
    elif name == "Promise":
        o = R.new_promise()
    else:
        o = R.new_object()
    if isinstance(proto, JsObject):
        o.proto = proto
    if nt.klass is not None:
        o.cls = nt.klass
    return o


def construct(R: Machine, ctor: JsFunction, args: list[Value], nt: JsFunction, s: int) -> Value:
    """`new ctor(args)`."""
    o = allocate(R, nt)
    result = run_constructor(R, ctor, o, args, nt, s)
    if _has_conditions(nt):
        R.instances.append(o)
    # The class of a model may give something unknown, or what it was given (`new ObjectId(id)`).
    given = raw(result) is not UNDEFINED and R.program.is_model_class(ctor.klass)
    return result if given or isinstance(raw(result), JsObject) else o


def _has_conditions(ctor: JsFunction | None) -> bool:
    """Whether a class or one that it extends declares an invariant."""
    while ctor is not None and ctor.klass is not None:
        code = ctor.klass.code
        if code is not None and any(c.cls == code.name for c in code.module.conditions):
            return True
        ctor = ctor.klass.base
    return False


def run_constructor(R: Machine, ctor: JsFunction, o: JsObject, args: list[Value], nt: Value, s: int) -> Value:
    """Runs the field initialisers and the constructor body of one class of the chain on `o`."""
    klass = ctor.klass
    if klass is None:
        if ctor.native is not None:
            native_construct(R, ctor, o, args, s)
            return UNDEFINED
        return R.invoke(ctor, o, args, ctor, s)
    if klass.base is None and klass.base_unknown is None:
        init_fields(R, klass, o, s)
        param_properties(klass, o, args)
    if klass.ctor is not None:
        return R.invoke(klass.ctor, o, args, nt, s)
    if klass.base is not None:
        run_constructor(R, klass.base, o, args, nt, s)
        init_fields(R, klass, o, s)
    elif klass.base_unknown is not None:
        o.props[("args",)] = R.new_array(list(args))
        init_fields(R, klass, o, s)
    return UNDEFINED


def param_properties(klass: Klass, o: JsObject, args: list[Value]) -> None:
    """`constructor(private readonly x: X)`: parameters that become fields."""
    if klass.code is not None:
        for index, name in klass.code.param_properties:
            o.props[name] = args[index] if index < len(args) else UNDEFINED


def init_fields(R: Machine, klass: Klass, o: JsObject, s: int) -> None:
    """The instance fields of one class, in order."""
    for key, f, typed in klass.fields:
        if f is None:
            value = UNDEFINED
        else:
            value = f() if isinstance(f, partial) else R.invoke(f, o, [], UNDEFINED, s)
        o.props[key] = value
        r = raw(value)
        if typed is not None and isinstance(r, JsObject) and r.types is None:
            r.types = typed
        if isinstance(r, JsObject) and not r.label and not isinstance(r, JsFunction):
            r.label = f"this.{key}"


def super_construct(R: Machine, fn: JsFunction, this: Value, args: list[Value], nt: Value, s: int) -> Value:
    """`super(args)` inside a constructor."""
    klass = fn.klass
    o = raw(this)
    if klass is None or not isinstance(o, JsObject):
        return UNDEFINED
    if klass.base is not None:
        run_constructor(R, klass.base, o, args, nt, s)
    elif klass.base_unknown is not None:
        o.props[("args",)] = R.new_array(list(args))
    init_fields(R, klass, o, s)
    param_properties(klass, o, R.frame.args or [])
    return this


def native_construct(R: Machine, ctor: JsFunction, o: JsObject, args: list[Value], s: int) -> None:
    """The part of a built-in constructor that fills an object allocated for a subclass."""
    name = ctor.name
    if name.endswith("Error"):
        if args and raw(args[0]) is not UNDEFINED:
            o.props["message"] = args[0]
        if len(args) > 1 and isinstance(raw(args[1]), JsObject) and "cause" in raw(args[1]).props:
            o.props["cause"] = raw(args[1]).props["cause"]
    elif name in ("Map", "Set") and args and isinstance(raw(args[0]), JsObject):
        for item in R.iter(args[0], s):
            if name == "Set":
                R.map_set(o, item, item, s)  # type: ignore[arg-type]
            else:
                R.map_set(o, R.get(item, 0, s), R.get(item, 1, s), s)  # type: ignore[arg-type]
    elif name == "Array":
        o.items = [a for a in args if a.__class__ is not Rest]  # type: ignore[attr-defined]
    elif name == "Promise" and args:
        yes, no = R.resolvers(o)  # type: ignore[arg-type]
        R.call(args[0], UNDEFINED, [yes, no], s)
    elif ctor.native is not None and name not in ("Object", "Function"):
        made = raw(ctor.native(R, _new_marker(), args, s))
        if isinstance(made, JsObject):
            for k, v in made.props.items():
                o.props.setdefault(k, v)


def _new_marker() -> Value:
    from krepis.twin.typescript.values import NEW

    return NEW
