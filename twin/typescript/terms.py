"""Operations on values that may be unknown: folding where both sides are known, terms where not.

Strategy: arithmetic on terms is kept in a linear normal form (a constant and a sorted sum of products),
so that updates which commute in JavaScript give equal terms; everything else is uninterpreted.
Every function takes untagged values and returns an untagged value.
"""

from __future__ import annotations

import hashlib
import math
from typing import Any

from krepis.twin.typescript.values import (
    MAX_LENGTH,
    UNDEFINED,
    BigInt,
    Exhausted,
    JsArray,
    JsFunction,
    JsObject,
    Rest,
    Symbol,
    Term,
    Value,
    raw,
    term,
)

NAN = float("nan")
WHOLE = "integer"
"""The text of the type of an unknown number that is an integer."""
MAX_SORT_KEY = 400
"""Characters of a key that is kept as text."""


def number_text(n: float) -> str:
    """Number::toString (ECMA-262 section 6.1.6.1.20) for the values that programs print."""
    if n != n:
        return "NaN"
    if n in (math.inf, -math.inf):
        return "Infinity" if n > 0 else "-Infinity"
    if isinstance(n, int):
        return str(n)
    if n == int(n) and abs(n) < 1e21:
        return str(int(n))
    text = repr(n)
    if "e" in text:
        mantissa, exponent = text.split("e")
        e = int(exponent)
        if -7 <= e < 0:
            digits = mantissa.replace(".", "").replace("-", "")
            return ("-" if n < 0 else "") + "0." + "0" * (-e - 1) + digits
        return f"{mantissa}e{'+' if e > 0 else '-'}{abs(e)}"
    return text


def normal(n: float) -> int | float:
    """Integral doubles become `int`, as numbers are kept."""
    if isinstance(n, float) and n.is_integer() and abs(n) < 2**53 and not (n == 0 and math.copysign(1, n) < 0):
        return int(n)
    if n.__class__ is int and not -(2**53) < n < 2**53:
        return float(n) if abs(n) < 2**1023 else math.copysign(math.inf, n)
    return n


def to_text(value: Value) -> str | Term:
    """ToString, or a term when the text is unknown."""
    if value.__class__ is str:
        text: str = value
        return text
    if value.__class__ is Term:
        unknown: Term = value
        return unknown
    if value is UNDEFINED:
        return "undefined"
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, BigInt):
        return str(int(value))
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, Symbol):
        return repr(value)
    if isinstance(value, JsArray):
        if any(isinstance(i, Rest) for i in value.items):
            return term("join", value.ident)
        parts: list[Any] = []
        for index, item in enumerate(value.items):
            item = raw(item)
            if index:
                parts.append(",")
            parts.append("" if item is None or item is UNDEFINED else to_text(item))
        return concat(parts)
    if isinstance(value, JsFunction):
        return f"function {value.name}"
    if isinstance(value, JsObject):
        message = value.props.get("message")
        if message is not None:
            name = _name_of(value)
            return concat([name, ": ", to_text(raw(message))]) if raw(message) != "" else name
        return "[object Object]"
    return str(value)


def _name_of(value: JsObject) -> str:
    o: JsObject | None = value
    while o is not None:
        found = raw(o.props.get("name", UNDEFINED))
        if isinstance(found, str):
            return found
        o = o.proto
    return value.class_name or "Error"


def concat(parts: list[Any]) -> str | Term:
    """String concatenation of texts and terms, flattened so that equal strings are equal terms."""
    flat: list[Any] = []
    run: list[str] = []
    size = 0
    for part in parts:
        inner = part.args if part.__class__ is Term and part.op == "tmpl" else (part,)
        for p in inner:
            if p.__class__ is str:
                size += len(p)
                if size > MAX_LENGTH:
                    raise Exhausted("text length")
                if p:
                    run.append(p)
                continue
            if run:
                flat.append("".join(run))
                run = []
            flat.append(p)
    if run:
        flat.append("".join(run))
    if not flat:
        return ""
    if len(flat) == 1 and (flat[0].__class__ is str or flat[0].op == "tmpl"):
        only: str | Term = flat[0]
        return only
    return term("tmpl", *flat)


def to_number(value: Value) -> Any:
    """ToNumber, or a term."""
    c = value.__class__
    if c is int or c is float or c is BigInt or c is Term:
        return value
    if value is True:
        return 1
    if value is False or value is None:
        return 0
    if value is UNDEFINED:
        return NAN
    if c is str:
        text = value.strip()
        if text == "":
            return 0
        try:
            return int(text, 0) if text[:2].lower() in ("0x", "0o", "0b") else normal(float(text))
        except ValueError:
            return {"Infinity": math.inf, "-Infinity": -math.inf}.get(text, NAN)
    if isinstance(value, JsArray):
        return to_number(to_text(value))
    return NAN


def linear(value: Any) -> tuple[Any, dict[Term, Any]]:
    """A number or term as constant plus coefficients."""
    if value.__class__ is Term:
        if value.op == "lin":
            return value.args[0], dict(value.args[1])
        return 0, {value: 1}
    return value, {}


def total(constant: Any, parts: dict[Term, Any]) -> Any:
    """The sum of a number and of terms that are no sums, each with how often it occurs."""
    parts = {t: c for t, c in parts.items() if c != 0}
    if not parts:
        return normal(constant)
    if constant == 0 and len(parts) == 1:
        ((only, coefficient),) = parts.items()
        if coefficient == 1:
            return only
    ordered = tuple(sorted(parts.items(), key=lambda item: sort_key(item[0])))
    return term("lin", normal(constant), ordered)


def sort_key(value: Any) -> str:
    """A total order on terms that is the same in every process; terms share parts, so large keys are digests."""
    if value.__class__ is Term:
        key: str | None = value.order
        if key is None:
            key = value.op + "(" + ",".join([sort_key(a) for a in value.args]) + ")"
            if len(key) > MAX_SORT_KEY:
                key = "~" + hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
            value.order = key
        return key
    if value.__class__ is tuple:
        return "(" + ",".join([sort_key(a) for a in value]) + ")"
    return f"{value.__class__.__name__}:{value!r}"


def add(a: Any, b: Any) -> Any:
    """`a + b` of numbers that may be unknown."""
    ca, pa = linear(a)
    cb, pb = linear(b)
    for t, c in pb.items():
        pa[t] = pa.get(t, 0) + c
    return total(ca + cb, pa)


def scale(a: Any, factor: Any) -> Any:
    """`a * factor` where `factor` is known."""
    c, p = linear(a)
    return total(c * factor, {t: k * factor for t, k in p.items()})


def sub(a: Any, b: Any) -> Any:
    """`a - b` of numbers that may be unknown."""
    return add(a, scale(b, -1))


def less(a: Any, b: Any) -> Any:
    """`a < b`: a boolean, or the term `lt0(a - b)`."""
    if a.__class__ is not Term and b.__class__ is not Term:
        if isinstance(a, str) and isinstance(b, str):
            return a < b
        x, y = to_number(a), to_number(b)
        return bool(x < y)
    if isinstance(a, str) or isinstance(b, str):
        return term("lt", a, b)
    difference = sub(to_number(a), to_number(b))
    if difference.__class__ is not Term:
        return bool(difference < 0)
    return term("lt0", difference)


def int32(n: Any) -> int:
    """ToInt32."""
    if isinstance(n, float):
        if n != n or n in (math.inf, -math.inf):
            return 0
        n = int(n)
    n &= 0xFFFFFFFF
    wrapped: int = n - (1 << 32) if n >= 1 << 31 else n
    return wrapped


def _line(q: Any) -> tuple[Term, float, float] | None:
    """A question about one unknown number, `a * x + b` compared with 0, as (x, a, b)."""
    t = q.args[0]
    if t.__class__ is not Term or (q.op == "seq" and q.args[1] != 0):
        return None
    if t.op != "lin":
        return t, 1, 0
    constant, parts = t.args
    if len(parts) != 1 or not isinstance(constant, int | float) or not isinstance(parts[0][1], int | float):
        return None
    return parts[0][0], parts[0][1], constant


def _counted(x: Term) -> bool:
    """Whether an unknown number is a length, or belongs to the state that the calls find: none is below zero."""
    while x.op in (".", "entry", "elem") and x.args[0].__class__ is Term:
        x = x.args[0]
    return x.op in ("length", "init")


def subjects(q: Term) -> tuple[Any, ...]:
    """What a question is about: the unknown values that it holds equal, else its first argument and the one number."""
    first = q.args[0] if q.args else None
    if q.op == "seq" and q.args[1].__class__ is Term:
        return q.args
    line = _line(q) if q.op == "lt0" or q.op == "seq" else None
    return (first,) if line is None or line[0] is first else (first, line[0])


def _whole(x: Term) -> bool:
    """Whether an unknown number is an integer."""
    return x.op == "length" or (x.type is not None and x.type[0].text == WHOLE)


def monotone(q: Term, answers: dict[Term, bool]) -> bool | None:
    """What an earlier answer about a sum implies for `q < 0` when amounts are not negative.

    What is left after two amounts is no more than what is left after one of them. Amounts may be negative, but not
    so that one sum is enough and a greater one is not: such a world would be an accident of the unknowns.
    """
    const, parts = linear(q.args[0])
    mine = dict(parts)
    for other, negative in answers.items():
        if other.op != "lt0" or other.args[0].__class__ is not Term:
            continue
        c, rest = linear(other.args[0])
        theirs = dict(rest)
        if len(mine) + len(theirs) < 3 or mine.keys().isdisjoint(theirs):
            continue
        gaps = [mine.get(x, 0) - theirs.get(x, 0) for x in {**mine, **theirs}] + [const - c]
        if negative and all(g <= 0 for g in gaps):
            return True
        if not negative and all(g >= 0 for g in gaps):
            return False
    return None


def decided(q: Term, about: dict[Any, dict[Term, bool]]) -> bool | None:
    """What earlier answers about the same number imply for `a * x + b < 0` or `= 0`; None when either is possible."""
    line = _line(q)
    if line is None:
        return None
    x, a, b = line
    low, above = (0.0, False) if _counted(x) else (float("-inf"), False)
    high, below = float("inf"), False
    holes = set()
    for other, yes in about.get(x, {}).items():
        if other.op != "lt0" and other.op != "seq":
            continue
        known = _line(other)
        if known is None or known[0] is not x:
            continue
        edge = -known[2] / known[1]
        if other.op == "seq":
            if not yes:
                holes.add(edge)
                continue
            low = high = edge
            above = below = False
            break
        upper = (known[1] > 0) is yes
        if upper and (edge < high or (edge == high and yes)):
            high, below = edge, yes
        elif not upper and (edge > low or (edge == low and yes)):
            low, above = edge, yes
    if _whole(x):
        if high < float("inf"):
            high, below = (high - 1 if below and high == int(high) else float(int(high // 1))), False
            while high in holes:
                high -= 1
        if low > float("-inf"):
            low, above = (low + 1 if above and low == int(low) else float(-int(-low // 1))), False
            while low in holes:
                low += 1
    edge = -b / a
    above = above or low in holes
    below = below or high in holes
    if q.op == "seq":
        if edge in holes or edge < low or edge > high or (edge == low and above) or (edge == high and below):
            return False
        return True if low == high == edge else None
    if a > 0:
        if high < edge or (high == edge and below):
            return True
        return False if low >= edge else None
    if low > edge or (low == edge and above):
        return True
    return False if high <= edge else None
