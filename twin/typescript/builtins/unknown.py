"""Methods of unknown values whose names are those of strings, numbers, arrays and dates.

Rules: an annotation decides; without one, a name that only built-ins have decides; names that services have
too (`get`, `push`, `find` without a function) are not taken, and names that both have are taken only from
values that do not come straight from a dependency.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins._base import NUMBER, arg, deep, make
from krepis.twin.typescript.builtins.arrays import METHODS
from krepis.twin.typescript.builtins.objects import list_of
from krepis.twin.typescript.values import (
    NOT_BOUND,
    UNDEFINED,
    JsFunction,
    Rest,
    Term,
    Value,
    raw,
    tagged,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_TEXT = _names(
    "charAt concat normalize padEnd padStart repeat replace replaceAll slice substr substring toFixed"
    " toISOString toJSON toLocaleDateString toLocaleLowerCase toLocaleString toLocaleTimeString"
    " toLocaleUpperCase toLowerCase toPrecision toExponential toString toDateString toTimeString"
    " toUTCString toUpperCase trim trimEnd trimStart at join toWellFormed"
)
_NUMBER = _names(
    "charCodeAt codePointAt indexOf lastIndexOf localeCompare search getTime getFullYear getMonth"
    " getDate getDay getHours getMinutes getSeconds getMilliseconds getUTCFullYear getUTCMonth"
    " getUTCDate getUTCDay getUTCHours getUTCMinutes getUTCSeconds getUTCMilliseconds getTimezoneOffset"
    " valueOf setTime setDate setHours setMinutes setSeconds setMonth setFullYear setMilliseconds"
    " setUTCDate setUTCHours setUTCMinutes"
)
_PREDICATE = _names("endsWith includes startsWith isWellFormed")
_LIST = _names("split match matchAll")
_WITH_FUNCTION = _names(
    "map filter forEach reduce reduceRight find findIndex findLast findLastIndex some every flatMap sort toSorted"
)
_ARRAY = _names(
    "at concat entries includes indexOf join keys lastIndexOf reverse slice sort toReversed toSorted"
    " values flat with toSpliced fill"
)
_SHARED_NAMES = _names(
    "search match matchAll replace normalize keys values entries join concat slice includes indexOf"
    " lastIndexOf repeat sort at flat fill split reverse with"
)
"""Names that services have too."""
_SERVICE_NAMES = _names("search match matchAll normalize keys values entries fill")
"""Those that an untyped parameter is more likely to have as a service."""


def unknown_method(R: Machine, t: Term, k: str, args: list[Value], s: int) -> Value:
    """The result of a built-in method on an unknown value, or NOT_BOUND when it is none."""
    if not isinstance(k, str):
        return NOT_BOUND
    kind = R.program.kind_of(t.type)
    if k in ("call", "apply", "bind") and (kind in (None, "function")):
        return _function_method(R, t, k, args, s)
    if kind == "array":
        if k in METHODS:
            return METHODS[k](R, t, args, s)
        return NOT_BOUND
    if kind not in (None, "primitive") and not _is_date(t):
        return NOT_BOUND
    typed = kind is not None
    if not typed:
        if k in _WITH_FUNCTION and isinstance(raw(arg(args, 0)), JsFunction):
            return METHODS[k](R, t, args, s)
        if k in (_SERVICE_NAMES if t.op == "arg" else _SHARED_NAMES) and _service(t):
            return NOT_BOUND
    if k in ("hasOwnProperty", "propertyIsEnumerable") and args:
        return R.has(args[0], t, s)
    if not typed and args and k in ("keys", "values", "entries", "reverse"):
        return NOT_BOUND
    if not typed and k in _ARRAY and k not in _TEXT | _NUMBER | _PREDICATE:
        return METHODS[k](R, t, args, s)
    return _pure(R, t, k, args)


def _pure(R: Machine, t: Term, k: str, args: list[Value]) -> Value:
    tags = deep(R, args)
    if k in ("toString", "valueOf") and not args:
        if k == "valueOf" or R._is_text(t):
            return t
        return term("string", t, type=make(R, "", "string", []).type)
    if k in ("getTime", "valueOf"):
        return term("time", t, type=NUMBER)
    if k in _PREDICATE:
        return tagged(make(R, k, "pred", [t, *args]), tags)
    if k in _TEXT:
        if k == "concat" and R._is_text(t):
            known = [terms.to_text(raw(a)) for a in args if a.__class__ is not Rest]
            return tagged(terms.concat([t, *known]), tags)
        return tagged(make(R, k, "string", [t, *args]), tags)
    if k in _NUMBER:
        return tagged(make(R, k, "number", [t, *args]), tags)
    if k in _LIST:
        result = make(R, k, "", [t, *args])
        return tagged(R.new_array([Rest(result)]) if k == "split" else result, tags)
    return NOT_BOUND


def _is_date(t: Term) -> bool:
    return t.type is not None and t.type[0].name == "Date"


def _service(t: Term) -> bool:
    """Whether a value is taken straight from a dependency or an untyped parameter."""
    if t.op == "arg":
        return True
    while t.op == "." and t.args[0].__class__ is Term:
        t = t.args[0]
    return t.op in ("dep", "init", "global", "inherited", "new")


def _function_method(R: Machine, t: Term, k: str, args: list[Value], s: int) -> Value:
    if k == "bind":
        return R.native(R._call_name(t), lambda R2, this, a, s2: R2.call(t, UNDEFINED, [*args[1:], *a], s2))
    given = args[1:] if k == "call" else list_of(R, arg(args, 1), s)
    return R.call(t, arg(args, 0), given, s)
