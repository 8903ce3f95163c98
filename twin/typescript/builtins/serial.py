"""JSON and structuredClone: deep copies and texts of values that may contain unknown parts.

Strategy: the text of a value with unknown parts is a template with a `quote(x)` term in place of each;
parsing such a template gives the structure back, with the terms in place. Everything read on the way is
logged, and the result depends on it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import store_js, terms
from krepis.twin.typescript.builtins._base import Realm, arg, callable_, integer, own_keys, tags_of_read
from krepis.twin.typescript.builtins.dates import iso_text
from krepis.twin.typescript.values import (
    UNDEFINED,
    BigInt,
    JsArray,
    JsDate,
    JsFunction,
    JsMap,
    JsObject,
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

MAX_DEPTH = 60


class _Writer:
    """One JSON.stringify (ECMA-262 section 25.5.2)."""

    def __init__(self, R: Machine, replacer: Value, gap: str, s: int) -> None:
        self.R = R
        self.gap = gap
        self.s = s
        self.tags = 0
        self.parts: list[Any] = []
        self.stack: list[JsObject] = []
        r = raw(replacer)
        self.function = r if callable_(r) and r.__class__ is not Term else None
        self.allowed = (
            [terms.to_text(raw(k)) for k in r.items if k.__class__ is not Rest] if isinstance(r, JsArray) else None
        )

    def write(self, holder: Value, key: str, value: Value) -> bool:
        """Writes one value; false when it is left out."""
        R, s = self.R, self.s
        self.tags |= tags_of(value)
        v = raw(value)
        if isinstance(v, JsObject):
            if isinstance(v, JsDate):
                v = iso_text(R, raw(v.props["time"]))
            elif R._finds(v, "toJSON") and callable_(raw(R._get_object(v, "toJSON", s, v))):
                made = R.callm(v, "toJSON", [key], s)
                self.tags |= tags_of(made)
                v = raw(made)
        if self.function is not None:
            made = R.call(self.function, holder, [key, v], s)
            self.tags |= tags_of(made)
            v = raw(made)
        if v is UNDEFINED or isinstance(v, JsFunction | Symbol):
            return False
        put = self.parts.append
        if v.__class__ is Term:
            self._unknown(v)
        elif v is None or v is True or v is False:
            put({None: "null", True: "true", False: "false"}[v])
        elif isinstance(v, str):
            put(quoted(v))
        elif isinstance(v, BigInt):
            raise R.error("TypeError", "Do not know how to serialize a BigInt")
        elif isinstance(v, int | float):
            put(terms.number_text(v) if v == v and abs(v) != float("inf") else "null")
        elif isinstance(v, JsObject):
            if v in self.stack or len(self.stack) > MAX_DEPTH:
                raise R.error("TypeError", "Converting circular structure to JSON")
            self.stack.append(v)
            self._array(v) if isinstance(v, JsArray) else self._object(v)
            self.stack.pop()
        else:
            return False
        return True

    def _unknown(self, t: Term) -> None:
        """An unknown value, with what was changed in it."""
        R = self.R
        changed = R.changes(t)
        for _, o in changed:
            self.tags |= R.deep_tags(o)
        if len(changed) == 1 and changed[0][0] is t:
            self.write(UNDEFINED, "", self._merged(t, changed[0][1]))
        elif changed:
            parts = tuple((R.canon(part), R.snapshot(o)) for part, o in changed)
            self.parts.append(term("quote", term("with", t, parts)))
        else:
            self.parts.append(term("quote", t))

    def _merged(self, t: Term, o: JsObject) -> JsObject:
        if isinstance(o, JsArray):
            return o
        whole = self.R.new_object()
        whole.props[("spread", t)] = t
        whole.props.update(o.props)
        whole.term = t
        return whole

    def _array(self, a: JsArray) -> None:
        R, put = self.R, self.parts.append
        items = R.array_read(a, self.s)
        self.tags |= tags_of(R.array_tag(a)) | tags_of(a.props.get(("from",)))
        if not items:
            put("[]")
            return
        put("[")
        for i, v in enumerate(list(items)):
            put(("," if i else "") + self._line())
            if v.__class__ is Rest:
                put(term("quoteAll", v.term))
            elif not self.write(a, str(i), v):
                put("null")
        put(self._line(-1) + "]")

    def _object(self, o: JsObject) -> None:
        R, put = self.R, self.parts.append
        if isinstance(o, JsMap):
            put("{}")
            return
        if o.props.__class__ is not dict:
            store_js.load(o)
        keys: list[Any] = own_keys(R, o, self.s)
        self.tags |= tags_of_read(R, o)
        if self.allowed is not None:
            keys = [k for k in self.allowed if k in keys]
        put("{")
        some = False
        for k in keys:
            mark = len(self.parts)
            put(("," if some else "") + self._line())
            if isinstance(k, tuple):
                put(term("quoteRest", k[1]))
                self.tags |= tags_of(o.props[k])
                some = True
                continue
            put(quoted(k) if isinstance(k, str) else term("quote", k))
            put(": " if self.gap else ":")
            if self.write(o, k if isinstance(k, str) else "", R.get(o, k, self.s)):
                some = True
            else:
                del self.parts[mark:]
        put((self._line(-1) if some else "") + "}")

    def _line(self, less: int = 0) -> str:
        return "\n" + self.gap * (len(self.stack) + less) if self.gap else ""


def quoted(text: str) -> str:
    """QuoteJSONString: like Python's, but without escapes for other scripts."""
    out = json.dumps(text, ensure_ascii=False)
    return "".join(f"\\u{ord(c):04x}" if "\ud800" <= c <= "\udfff" else c for c in out)


def stringify(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    space = raw(arg(args, 2))
    gap = ""
    if isinstance(space, str):
        gap = space[:10]
    elif isinstance(space, int | float) and not isinstance(space, bool):
        gap = " " * max(0, min(10, integer(R, space)))
    w = _Writer(R, arg(args, 1), gap, s)
    v = arg(args, 0)
    holder: Value = UNDEFINED
    if w.function is not None:
        holder = R.new_object()
        holder.props[""] = v
    return tagged(terms.concat(w.parts), w.tags) if w.write(holder, "", v) else tagged(UNDEFINED, w.tags)


# ---------------------------------------------------------------- parse


def _reject_constant(name: str) -> Any:
    raise ValueError(name)


def _number(text: str) -> Any:
    return terms.normal(float(text))


def parse(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    text = raw(v)
    if isinstance(text, JsObject):
        text = terms.to_text(text)
    holes: list[Term] = []
    if text.__class__ is Term:
        template = _template(text, holes)
        if template is None:
            return tagged(term("json", text), tags_of(v))
        text = template
    elif not isinstance(text, str):
        text = terms.to_text(text)
    try:
        data = json.loads(
            text,
            parse_constant=_reject_constant,
            parse_float=_number,
            parse_int=_number,
            object_pairs_hook=_Pairs,
        )
    except (ValueError, RecursionError):
        if holes:
            return tagged(term("json", raw(v)), tags_of(v))
        raise R.error(
            "SyntaxError",
            f"Unexpected token in JSON: {text[:40]}" if text else "Unexpected end of JSON input",
        ) from None
    result = _build(R, data, holes)
    reviver = arg(args, 1)
    if callable_(reviver) and raw(reviver).__class__ is not Term:
        result = _revive(R, R.new_object(), "", result, reviver, s)
    return tagged(result, tags_of(v))


class _Pairs(list[tuple[str, Any]]):
    """A JSON object before it is built."""


def _template(t: Term, holes: list[Term]) -> str | None:
    """The text of a template whose unknown parts `stringify` wrote, with marks in their place; else None."""
    parts = t.args if t.op == "tmpl" else (t,)
    out: list[str] = []
    for p in parts:
        if isinstance(p, str):
            out.append(p)
        elif p.__class__ is Term and p.op in ("quote", "quoteAll"):
            out.append(f'"\\u0000{len(holes)}"')
            holes.append(p)
        elif p.__class__ is Term and p.op == "quoteRest":
            out.append(f'"\\u0000{len(holes)}":null')
            holes.append(p)
        else:
            return None
    return "".join(out)


def _hole(text: Any, holes: list[Term]) -> Term | None:
    if isinstance(text, str) and text.startswith("\0") and text[1:].isdigit() and int(text[1:]) < len(holes):
        return holes[int(text[1:])]
    return None


def _build(R: Machine, data: Any, holes: list[Term]) -> Value:
    if isinstance(data, _Pairs):
        o = R.new_object()
        for k, v in data:
            hole = _hole(k, holes)
            if hole is None:
                o.props[k] = _build(R, v, holes)
            elif hole.op == "quoteRest":
                o.props[("spread", hole.args[0])] = hole.args[0]
                o.term = hole.args[0]
            else:
                o.props[hole.args[0]] = _build(R, v, holes)
        return o
    if isinstance(data, list):
        items: list[Value] = []
        for v in data:
            hole = _hole(v, holes)
            items.append(Rest(hole.args[0]) if hole is not None and hole.op == "quoteAll" else _build(R, v, holes))
        return R.new_array(items)
    hole = _hole(data, holes)
    return hole.args[0] if hole is not None else data


def _revive(R: Machine, holder: JsObject, key: str, value: Value, reviver: Value, s: int) -> Value:
    v = raw(value)
    if isinstance(v, JsArray):
        v.items = [x if x.__class__ is Rest else _revive(R, v, str(i), x, reviver, s) for i, x in enumerate(v.items)]
    elif isinstance(v, JsObject):
        for k in [k for k in v.props if isinstance(k, str)]:
            new = _revive(R, v, k, v.props[k], reviver, s)
            if raw(new) is UNDEFINED:
                del v.props[k]
            else:
                v.props[k] = new
    return R.call(reviver, holder, [key, value], s)


# ---------------------------------------------------------------- structuredClone


def clone(R: Machine, value: Value, s: int, seen: dict[int, Value] | None = None) -> Value:
    """A deep copy; every part read is logged."""
    seen = {} if seen is None else seen
    t = tags_of(value)
    v = raw(value)
    if not isinstance(v, JsObject):
        if isinstance(v, Symbol):
            raise R.error("Error", "Symbol could not be cloned")
        return value
    if isinstance(v, JsFunction):
        raise R.error("Error", f"{v.name} could not be cloned")
    if id(v) in seen:
        return seen[id(v)]
    out: JsObject
    if isinstance(v, JsArray):
        items = R.array_read(v, s)
        t |= tags_of(R.array_tag(v))
        array = R.new_array([])
        array.types = v.types
        seen[id(v)] = array
        array.items = [x if x.__class__ is Rest else clone(R, x, s, seen) for x in items]
        return tagged(array, t)
    if isinstance(v, JsMap):
        m = R.new_map(v.kind)
        m.types = v.types
        seen[id(v)] = m
        for k, x in R.map_live(v, s):
            R.map_set(m, clone(R, k, s, seen), clone(R, x, s, seen), s)
        return tagged(m, t)
    out = JsDate(R.ident(), R.protos["Date"]) if isinstance(v, JsDate) else R.new_object()
    out.owner = R.act
    if v.proto is not None and "message" in v.props:
        out.proto = v.proto
    seen[id(v)] = out
    if isinstance(v, JsDate):
        out.props["time"] = v.props["time"]
    for k in own_keys(R, v, s, hidden=True):
        out.props[k] = v.props[k] if isinstance(k, tuple) else clone(R, R.get(v, k, s), s, seen)
    out.term = v.term
    return tagged(out, t | tags_of_read(R, v))


def define(realm: Realm) -> None:
    """Adds JSON and structuredClone to the realm."""
    o = realm.object("JSON")
    realm.methods(o, {"stringify": stringify, "parse": parse})
    realm.globals["JSON"] = o
    realm.globals["structuredClone"] = realm.function(
        "structuredClone", lambda R, this, args, s: clone(R, arg(args, 0), s)
    )
