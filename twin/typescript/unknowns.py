"""Calls whose body is not known: unresolved imports, injected services, parameters.

Rules, in order. Framework registration hands its callbacks to discovery. A wrapper (one callback, unknown
function) calls its callback. Loggers do nothing. What hangs off a request is per call. On a shared receiver,
a reading verb and a writing verb with the same key meet in one location; a creating verb leaves an effect.
Everything else is an uninterpreted function of its arguments.
Deliberately absent: guessing about verbs that are in no list (doubt speaks for the code).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import lexicon
from krepis.twin.typescript.lexicon import Verb
from krepis.twin.typescript.values import (
    UNDEFINED,
    JsArray,
    JsFunction,
    JsMap,
    JsObject,
    JsPromise,
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


_STORING = (Verb.READ, Verb.WRITE, Verb.DELETE)


def argument_terms(R: Machine, args: list[Value]) -> tuple[Any, ...]:
    """The arguments as parts of a term."""
    out: list[Any] = []
    for a in args:
        v = raw(a)
        if isinstance(v, JsFunction):
            out.append("function")
        elif isinstance(v, JsObject):
            out.append(R.snapshot(v, 3))
        elif v.__class__ is Rest:
            out.append(R.canon(v.term))
        else:
            out.append(v)
    return tuple(out)


def register_resolvers(R: Machine, args: list[Value], s: int) -> None:
    """The functions under `resolvers`, by type and field, are what a GraphQL server calls.

    Source: graphql-tools' resolver map, which Apollo Server, Yoga and Mercurius take under this name.
    """
    for a in args:
        options = raw(a)
        given = raw(_fields(options).get("resolvers", UNDEFINED))
        for resolvers in map(raw, given.items) if isinstance(given, JsArray) else (given,):
            for kind, fields in _fields(resolvers).items():
                for name, field in _fields(raw(fields)).items():
                    resolve = raw(_fields(raw(field)).get("resolve", field))
                    if isinstance(resolve, JsFunction):
                        R.register(f"{kind}.{name}", UNDEFINED, [resolve], s)


def _fields(v: Value) -> dict[Any, Value]:
    """The properties of what an object literal made; none of anything else."""
    if isinstance(v, JsObject) and not isinstance(v, JsArray | JsFunction | JsMap | JsPromise):
        return v.props
    return {}


def call(R: Machine, name: str, receiver: Value, args: list[Value], s: int, fn: Term | None) -> Value:
    """The result of calling something unknown."""
    R.spend()
    tags = 0
    for a in args:
        tags |= R.deep_tags(a)
    method = name.rsplit(".", 1)[-1]
    callbacks = [(i, raw(a)) for i, a in enumerate(args) if isinstance(raw(a), JsFunction)]
    base = raw(receiver)
    result_type = R.program.result_type(fn.type) if fn is not None and fn.type is not None else None
    rooted = base if base.__class__ is Term else fn
    per_request = _per_request(R, rooted)
    if not per_request:
        for a in args:
            _hand_over(raw(a))

    if not R.tracking and not callbacks and lexicon.registers(method):
        handlers = _handlers(args)
        if handlers:
            R.register(name, receiver, handlers, s)
    if not R.tracking:
        register_resolvers(R, args, s)
    if callbacks and method == lexicon.SERVER:
        R.register(name, receiver, args, s)
        return term("call", name, str(s))
    if R.tracking and isinstance(base, Term | JsObject) and not per_request:
        if method == "once" and callbacks:
            R.listens_late(base, s)
        R.spoken[R.frame.root, R.who(base)] = (R.event, lexicon.classify(name) is Verb.EFFECT and not callbacks)
    if callbacks and lexicon.registers(method):
        R.register(name, receiver, args, s)
        if not R.tracking or base.__class__ is Term:
            return receiver if isinstance(base, Term | JsObject) else UNDEFINED
    if callbacks:
        return _with_callbacks(R, name, receiver, args, callbacks, s, fn)
    if lexicon.is_logger(name):
        return term("call", name, "log")
    if per_request and R.tracking and _refuses(method, args):
        R.refused.add(R.frame.root)
    if method == "throw" and base.__class__ is Term:
        raise R.error("Error", name)
    verb = Verb.PURE if _computes(rooted) else lexicon.classify(name)
    if R.tracking and base.__class__ is Term and not per_request:
        closed = ("closed", R.canon(base))
        if method in lexicon.CLOSING:
            R.stores[closed] = {}
            R.note_write(("store", R._call_name(base), R.canon(base), ("closed",)), True, s)
        elif closed in R.stores and verb in (Verb.WRITE, Verb.EFFECT):
            R.effect(f"{name} after the end", args, s)
            return UNDEFINED
    head = base if base is not UNDEFINED and not (isinstance(base, JsObject)) else (fn if fn is not None else name)
    if base is UNDEFINED and fn is not None and (fn.op == "arg" or (fn.op == "dep" and fn.args[0] == "inject")):
        # A callback parameter: running it is what the caller asked for.
        if (lexicon.words(name)[:1] and lexicon.classify(name) in (Verb.CALLBACK, Verb.EFFECT) and not per_request) or (
            lexicon.words(name)[-1:] and lexicon.classify(lexicon.words(name)[-1]) in (Verb.CALLBACK, Verb.EFFECT)
        ):
            R.effect(name, args, s)
    elif R.tracking and not per_request and (verb is Verb.EFFECT or _for_its_effect(R, name, s)):
        R.effect(name, args, s)
    elif per_request and R.tracking and (tags := tags | R.hand_over(args, s)):
        R.answer(name, s, tags)
    value_head: Any = R.canon(head) if head.__class__ is Term else str(head)
    result: Value = term("call", name, value_head, *argument_terms(R, args), type=result_type)
    if R.tracking and not per_request and isinstance(base, Term | JsObject) and verb in _STORING:
        result = _generic_store(R, verb, name, base, args, result, s, tags)
    if R.tracking and raw(result).__class__ is Term:
        promised = R.program.kind_of(result_type) == "promise" or (method == "save" and not args)
        R.unwaited[raw(result)] = (R.frame, s, len(R.log), promised and verb in (Verb.WRITE, Verb.EFFECT, Verb.DELETE))
    if result.__class__ is Term and result_type is not None:
        kind = R.program.kind_of(result_type)
        if kind == "void":
            return UNDEFINED
        if kind in ("map", "lock", "array", "object"):
            made = R.materialise(result, result_type)
            if made is not None:
                return tagged(made, tags)
    return tagged(result, tags)


def _hand_over(value: Value) -> None:
    """Whoever is handed promises may wait for them: `waitUntil(p)`, `settleAll([p, q])`."""
    if value.__class__ is JsPromise:
        value.observed = True
    elif isinstance(value, JsArray):
        for item in value.items:
            if raw(item).__class__ is JsPromise:
                _hand_over(raw(item))


def _handlers(args: list[Value]) -> list[Value]:
    """The functions in what is handed over as one object: `route({ method, url, handler })`."""
    given = [raw(a) for a in args]
    objects = [o for o in given if o.__class__ is JsObject]
    return [v for o in objects for v in map(raw, o.props.values()) if isinstance(v, JsFunction)]


def _refuses(method: str, args: list[Value]) -> bool:
    """Whether an answer has the status of an error."""
    given = args[:1] if method in _STATUS else args[1:2] if method in _BODY else ()
    return any(refusal(raw(a)) for a in given)


def refusal(value: Value) -> bool:
    """Whether a value is the status of an error, or an answer that has one."""
    if isinstance(value, JsObject):
        value = raw(value.props.get("status", UNDEFINED))
    return value.__class__ is int and 400 <= value < 600


_STATUS = frozenset(["status", "code", "sendStatus"])
_BODY = frozenset(["json", "text", "body", "send"])


def _for_its_effect(R: Machine, name: str, s: int) -> bool:
    """Whether work is done of which nobody uses the result."""
    code = R.frame.code
    return code is not None and lexicon.works(name) and R.program.discarded(code.module, s, awaited=True)


def _computes(t: Value) -> bool:
    """Whether a value comes from a package that only computes."""
    while t.__class__ is Term and t.op in (".", "elem", "call"):
        t = t.args[1 if t.op == "call" else 0]
    return t.__class__ is Term and t.op == "dep" and lexicon.is_pure_module(str(t.args[0]))


def _per_request(R: Machine, t: Value) -> bool:
    """Whether a value hangs off a parameter that belongs to one request; long chains cost operations."""
    length = 0
    while t.__class__ is Term:
        length += 1
        if length & 15 == 0:
            R.spend()
        if t.op == "arg":
            kind = R.program.request_type(t.type)
            if kind is not None:
                return bool(kind)
            return lexicon.is_request(str(t.args[1]))
        if t.op == "." and lexicon.is_shared_part(str(t.args[1])):
            return False
        if t.op in (".", "elem", "await", "entry", "rest", "find"):
            t = t.args[0]
            continue
        if t.op == "call":
            t = t.args[1]
            continue
        return False
    return False


def _with_callbacks(
    R: Machine,
    name: str,
    receiver: Value,
    args: list[Value],
    callbacks: list[tuple[int, JsFunction]],
    s: int,
    fn: Term | None,
) -> Value:
    """An unknown function that takes functions: a wrapper, or a higher-order function."""
    _, callback = callbacks[-1]
    if not R.tracking:
        if len(callbacks) == 1:

            def wrapped(R2: Machine, this: Value, inner: list[Value], s2: int) -> Value:
                return R2.call(callback, this, inner, s2)

            f = R.native(callback.name or name, wrapped)
            f.code = None
            f.parent = callback
            f.props[("wraps",)] = callback
            return f
        return term("call", name, str(fn), "setup")
    if lexicon.is_logger(name) and lexicon.words(name)[:1] == ("time",):
        return UNDEFINED
    n = callback.code.n_params if callback.code is not None else 0
    result: Value = UNDEFINED
    for _, f in callbacks[:1] if len(callbacks) > 1 else callbacks:
        given: list[Value] = []
        code = f.code
        for p in range(n):
            typed = (
                (code.param_types[p], code.module)
                if code is not None and p < len(code.param_types) and code.param_types[p] is not None
                else None
            )
            t = term(
                "call",
                f"{name} argument",
                p,
                *argument_terms(R, [a for a in args if not isinstance(raw(a), JsFunction)]),
            )
            given.append(R.unknown(t, typed))  # type: ignore[arg-type]
        result = R.call(f, UNDEFINED, given, s)
    return result


def _subject(first: Value) -> Value:
    """What an argument is about: itself, or the identifier in an object of conditions or values, if any."""
    if isinstance(first, JsObject) and not isinstance(first, JsArray):
        where = raw(first.props.get("where", UNDEFINED))
        props = where.props if isinstance(where, JsObject) else first.props
        ident = props.get("id", props.get("key", props.get("_id")))
        return raw(ident) if ident is not None else first.term
    return first


def _source(R: Machine, subject: Value) -> Value:
    """The call whose result a value is part of."""
    t = R.canon(subject) if subject.__class__ is Term else subject
    while t.__class__ is Term and t.op in ("await", ".", "find", "elem", "rest"):
        t = t.args[0]
    return t


def _generic_store(
    R: Machine, verb: Verb, name: str, base: Value, args: list[Value], result: Value, s: int, tags: int
) -> Value:
    """A shared receiver with reading and writing verbs is a store: what was written under a key is read back."""
    where = R.canon(base) if base.__class__ is Term else ("object", base.ident)
    first = raw(args[0]) if args else UNDEFINED
    label = R._call_name(base) if base.__class__ is Term else base.label or "store"
    table = R.stores.setdefault(("generic", where), {})
    key: Any
    subject = _subject(first)
    entity = False
    if verb is not Verb.READ:
        # What came from this store is written back under the key that it was read with.
        key = table.get(("key", _source(R, subject)))
        entity = key is not None
        if not args:
            return result
    if not entity:
        if not args:
            key = (name,)
        elif isinstance(first, JsObject) and not isinstance(first, JsArray):
            if subject is None or subject is first:
                return result
            key = (R.key(subject),)
        else:
            key = (R.key(first),)
    loc = ("store", label, where, key)
    if verb is Verb.READ:
        written = table.get(key)
        value = result
        if written is not None:
            value = term("call", name, where, *argument_terms(R, args), ("after", written), type=result.type)
            _exists_after(R, key, table, result, value)
        R.note_key(first)
        table["key", R.canon(value)] = key
        return R.note_read(loc, value, s)
    if verb is Verb.WRITE:
        payload = list(args[1:]) if not entity and len(args) > 1 else [args[0]]
        snap = R.snapshot(payload, 4)
        if entity:
            t = R.overlays.get(R._overlay_key(first)) if first.__class__ is Term else first
            tags |= R.deep_tags(t) if t is not None else 0
            if isinstance(t, JsObject) and not isinstance(t, JsPromise):
                for v in t.props.values():
                    tags |= R.deep_tags(v)
        if not lexicon.alters(name):
            table["exists", key] = not entity and _certain(payload[-1])
        elif table.get(key) == "deleted":
            return result
        table[key] = snap
        R.note_write(loc, snap, s, tags)
    else:
        table[key] = "deleted"
        R.note_write(loc, UNDEFINED, s, tags_of(args[0]))
    return result


def _certain(value: Value) -> bool:
    """Whether a value that was stored is truthy whatever it is made of."""
    v = raw(value)
    return isinstance(v, JsObject) or (v.__class__ is Term and v.op == "tmpl") or v is True


def _exists_after(R: Machine, key: Any, table: dict[Any, Any], before: Value, after: Value) -> None:
    """What is known about finding something under a key that was written: deleted, stored, or as it was before."""
    world = R.world

    def questions(op: str, value: Value) -> list[Term]:
        t = R.canon(value)
        return [term(op, term("await", t)), term(op, t)]

    def settle(op: str, answer: bool) -> None:
        for q in questions(op, after):
            world.defaults[q] = answer
            world.answer(q, answer)

    if table[key] == "deleted":
        settle("nullish", True)
    elif ("exists", key) not in table:
        asked = questions("truthy", before)
        settle("truthy", R.ask(next((q for q in asked if q in world.answers), asked[0])))
    elif table["exists", key]:
        settle("truthy", True)
