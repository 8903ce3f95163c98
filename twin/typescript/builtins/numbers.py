"""Number, Math, Boolean, BigInt and the global number functions (ECMA-262 sections 21.1 to 21.3).

Rules: known arguments are computed; rounding and the like of an unknown number are uninterpreted; random
numbers are fresh. Number formatting that depends on a locale follows en-US.
"""

from __future__ import annotations

import math
import re
import struct
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins._base import (
    NUMBER,
    Realm,
    arg,
    integer,
    make,
    pure,
    to_number,
    to_primitive,
    to_string,
)
from krepis.twin.typescript.terms import NAN, normal
from krepis.twin.typescript.values import UNDEFINED, BigInt, Rest, Term, Value, raw, tagged, tags_of, term

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

MAX_SAFE = 2**53 - 1
_DECIMAL = re.compile(r"\s*([+-]?(?:Infinity|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?))")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def radix_text(n: Any, radix: int) -> str:
    """Number::toString for radix 2 to 36."""
    if n != n or n in (math.inf, -math.inf):
        return terms.number_text(n)
    sign, n = ("-", -n) if n < 0 else ("", n)
    whole, fraction = int(n), n - int(n)
    digits = ""
    while True:
        digits = _DIGITS[whole % radix] + digits
        whole //= radix
        if not whole:
            break
    if fraction:
        digits += "."
        for _ in range(52):
            fraction *= radix
            digits += _DIGITS[int(fraction)]
            fraction -= int(fraction)
            if not fraction:
                break
    return sign + digits


def _to_string(R: Machine, n: Any, a: list[Value]) -> Value:
    radix = integer(R, a[0], 10) if a else 10
    if not 2 <= radix <= 36:
        raise R.error("RangeError", "toString() radix must be between 2 and 36")
    return str(terms.to_text(n)) if radix == 10 else radix_text(n, radix)


def _rounded(n: Any, digits: int) -> str:
    """Decimal text with a fixed number of digits, halves away from zero."""
    try:
        d = Decimal(n).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    except InvalidOperation:
        return terms.number_text(n)
    text = f"{abs(d):f}"
    return "-" + text if n < 0 and float(n) != 0 else text


def _to_fixed(R: Machine, n: Any, a: list[Value]) -> Value:
    digits = integer(R, a[0]) if a else 0
    if not 0 <= digits <= 100:
        raise R.error("RangeError", "toFixed() digits argument must be between 0 and 100")
    return terms.number_text(n) if n != n or abs(n) >= 1e21 else _rounded(n, digits)


def _scientific(n: Any, digits: int) -> str:
    """Scientific notation with a fixed number of digits, halves away from zero."""
    with localcontext() as context:
        context.rounding = ROUND_HALF_UP
        return f"{Decimal(n):.{digits}e}"


def _to_precision(R: Machine, n: Any, a: list[Value]) -> Value:
    if not a or a[0] is UNDEFINED or n != n or n in (math.inf, -math.inf):
        return terms.number_text(n)
    p = integer(R, a[0])
    if not 1 <= p <= 100:
        raise R.error("RangeError", "toPrecision() argument must be between 1 and 100")
    mantissa, exponent = _scientific(n, p - 1).split("e")
    e = int(exponent)
    if e < -6 or e >= p:
        return f"{mantissa}e{'+' if e >= 0 else '-'}{abs(e)}"
    return _rounded(n, p - 1 - e)


def _to_exponential(R: Machine, n: Any, a: list[Value]) -> Value:
    if n != n or n in (math.inf, -math.inf):
        return terms.number_text(n)
    if a and a[0] is not UNDEFINED:
        digits = integer(R, a[0])
        if not 0 <= digits <= 100:
            raise R.error("RangeError", "toExponential() argument must be between 0 and 100")
        text = _scientific(n, digits)
    else:
        text = f"{Decimal(terms.number_text(n)).normalize():e}" if n else "0e0"
    mantissa, exponent = text.split("e")
    e = int(exponent)
    return f"{mantissa}e{'+' if e >= 0 else '-'}{abs(e)}"


def _to_locale(R: Machine, n: Any, a: list[Value]) -> Value:
    if a or n != n or n in (math.inf, -math.inf):
        return NotImplemented
    whole, _, fraction = _rounded(n, 3).partition(".")
    sign, whole = ("-", whole[1:]) if whole[0] == "-" else ("", whole)
    fraction = fraction.rstrip("0")
    return f"{sign}{int(whole):,}" + (f".{fraction}" if fraction else "")


def _method(fn: Any) -> Any:
    def on(R: Machine, this: Value, args: list[Value]) -> Value:
        if not isinstance(this, int | float) or isinstance(this, bool):
            raise R.error("TypeError", "Number.prototype method requires a number")
        return fn(R, this, args)

    return on


def construct(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if not args:
        return 0
    v = arg(args, 0)
    return tagged(to_number(R, raw(v)), tags_of(v))


def parse_int(R: Machine, this: Value, a: list[Value]) -> Value:
    """`parseInt` (ECMA-262 section 19.2.5)."""
    text = str(to_string(R, a[0] if a else UNDEFINED)).strip()
    radix = integer(R, a[1]) if len(a) > 1 else 0
    sign = -1 if text.startswith("-") else 1
    text = text.lstrip("+-") if text[:1] in ("+", "-") else text
    if radix in (0, 16) and text[:2].lower() == "0x":
        text, radix = text[2:], 16
    radix = radix or 10
    if not 2 <= radix <= 36:
        return NAN
    digits = ""
    for ch in text.lower():
        if ch not in _DIGITS[:radix]:
            break
        digits += ch
    if not digits:
        return NAN
    n = sign * int(digits, radix)
    return n if abs(n) < 2**53 else float(n)


def parse_float(R: Machine, this: Value, a: list[Value]) -> Value:
    """`parseFloat` (ECMA-262 section 19.2.4)."""
    m = _DECIMAL.match(str(to_string(R, a[0] if a else UNDEFINED)))
    return normal(float(m[1])) if m else NAN


def _is(test: Any) -> Any:
    """A predicate of a number that does not convert: unknown values ask the world."""

    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        v = arg(args, 0)
        r = raw(v)
        if r.__class__ is Term:
            if test is _whole and R.program.typeof(r.type) == "number":
                return tagged(term("pred", "isInteger", r), tags_of(v))
            if test is _finite and (r.op in ("lin", "length") or R.program.typeof(r.type) == "number"):
                return tagged(True, tags_of(v))
            return tagged(term("pred", test.__name__.strip("_"), r), tags_of(v))
        return tagged(isinstance(r, int | float) and not isinstance(r, bool | BigInt) and test(r), tags_of(v))

    return native


def _whole(n: Any) -> bool:
    return isinstance(n, int) or (n == n and abs(n) != math.inf and n == int(n))


def _safe(n: Any) -> bool:
    return _whole(n) and abs(n) <= MAX_SAFE


def _finite(n: Any) -> bool:
    return bool(n == n and abs(n) != math.inf)


def _nan(n: Any) -> bool:
    return bool(n != n)


def _converting(name: str, test: Any) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        v = arg(args, 0)
        n = to_number(R, raw(v))
        if n.__class__ is Term:
            # A number that the program computes with is taken for a proper one.
            known = n.op in ("lin", "length") or R.program.typeof(n.type) == "number"
            return tagged(name == "isFinite" if known else make(R, name, "pred", [n]), tags_of(v))
        return tagged(test(n), tags_of(v))

    return native


# ---------------------------------------------------------------- Math


def _one(fn: Any) -> Any:
    """A function of one number."""

    def on(R: Machine, this: Value, a: list[Value]) -> Value:
        n = to_number(R, a[0] if a else UNDEFINED)
        try:
            return normal(fn(n))
        except (ValueError, ZeroDivisionError):
            return NAN
        except OverflowError:
            return math.inf if n > 0 else -math.inf

    return on


def _keep(fn: Any) -> Any:
    """Rounding: NaN, infinities and signed zeros stay."""
    return lambda n: (
        n
        if n != n or n in (math.inf, -math.inf) or isinstance(n, int)
        else (math.copysign(0.0, n) if fn(n) == 0 else fn(n))
    )


def _round(n: Any) -> Any:
    return math.floor(n + 0.5) if abs(n) < 2**52 else n


def _log(n: float) -> float:
    return -math.inf if n == 0 else math.log(n)


def _extreme(R: Machine, args: list[Value], name: str) -> Value:
    tags = 0
    known: list[Any] = []
    unknown: list[Any] = []
    for a in args:
        tags |= tags_of(a)
        n = a.term if a.__class__ is Rest else to_number(R, raw(a))
        if n.__class__ is Term:
            same = R.canon(n)
            if same not in unknown:
                unknown.append(same)
        else:
            known.append(n)
    best: Any = None
    if known:
        best = NAN if any(n != n for n in known) else max(known) if name == "max" else min(known)
    if unknown:
        parts = sorted(unknown, key=terms.sort_key) + ([] if best is None else [best])
        result: Value = (
            parts[0] if len(parts) == 1 and args[0].__class__ is not Rest else term(name, *parts, type=NUMBER)
        )
    else:
        result = best if best is not None else (-math.inf if name == "max" else math.inf)
    return tagged(result, tags)


def _hypot(R: Machine, this: Value, a: list[Value]) -> Value:
    return normal(math.hypot(*(float(to_number(R, n)) for n in a)))


def _power(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.pow(arg(args, 0), arg(args, 1), s)


def _absolute(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    n = to_number(R, raw(v))
    if n.__class__ is Term:
        flipped = terms.scale(n, -1)
        n = term("abs", min(n, flipped, key=terms.sort_key), type=NUMBER)
        return tagged(n, tags_of(v))
    return tagged(abs(n), tags_of(v))


_MATH = {
    "acos": math.acos, "acosh": math.acosh, "asin": math.asin, "asinh": math.asinh, "atan": math.atan,
    "atanh": math.atanh, "cbrt": lambda n: math.copysign(round(abs(n) ** (1 / 3), 15), n),
    "ceil": _keep(math.ceil),
    "cos": math.cos, "cosh": math.cosh, "exp": math.exp, "expm1": math.expm1, "floor": _keep(math.floor),
    "log": _log, "log10": lambda n: -math.inf if n == 0 else math.log10(n), "log1p": math.log1p,
    "log2": lambda n: -math.inf if n == 0 else math.log2(n), "round": _keep(_round),
    "sign": lambda n: n if n != n or n == 0 else 1 if n > 0 else -1, "sin": math.sin, "sinh": math.sinh,
    "sqrt": lambda n: math.sqrt(n) if n != math.inf else n, "tan": math.tan, "tanh": math.tanh,
    "trunc": _keep(math.trunc),
    "fround": lambda n: struct.unpack("f", struct.pack("f", n))[0],
    "clz32": lambda n: 32 - (terms.int32(n) & 0xFFFFFFFF).bit_length(),
}  # fmt: skip


# ---------------------------------------------------------------- BigInt


def _bigint(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    r = to_primitive(R, raw(v), "number")
    if r.__class__ is Term:
        return tagged(r, tags_of(v))
    if isinstance(r, str):
        try:
            return tagged(BigInt(int(r.strip() or "0", 0)), tags_of(v))
        except ValueError:
            raise R.error("SyntaxError", f"Cannot convert {r} to a BigInt") from None
    if isinstance(r, float):
        raise R.error("RangeError", "The number cannot be converted to a BigInt because it is not an integer")
    if not isinstance(r, int):
        raise R.error("TypeError", "Cannot convert value to a BigInt")
    return tagged(BigInt(int(r)), tags_of(v))


def _as_n(signed: bool) -> Any:
    def on(R: Machine, this: Value, a: list[Value]) -> Value:
        if len(a) < 2 or not isinstance(a[1], BigInt):
            raise R.error("TypeError", "Cannot convert value to a BigInt")
        bits = max(0, min(integer(R, a[0]), 4096))
        n = int(a[1]) & ((1 << bits) - 1)
        return BigInt(n - (1 << bits) if signed and bits and n >> (bits - 1) else n)

    return on


def _boolean(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    r = raw(v)
    if r.__class__ is Term:
        from krepis.twin.typescript.machine import PREDICATES

        return tagged(r if r.op in PREDICATES else R._truth_term(r, True), tags_of(v))
    return tagged(R.truth(r, s), tags_of(v))


def define(realm: Realm) -> None:
    """Adds Number, Math, Boolean, BigInt and their global functions to the realm."""
    table = {
        "toString": _to_string, "toFixed": _to_fixed, "toPrecision": _to_precision,
        "toExponential": _to_exponential, "toLocaleString": _to_locale,
    }  # fmt: skip
    proto = realm.proto("Number")
    realm.methods(proto, {name: pure(name, "string", _method(fn)) for name, fn in table.items()})
    realm.methods(proto, {"valueOf": pure("valueOf", "number", lambda R, this, a: this)})
    functions = {
        "parseInt": pure("parseInt", "number", parse_int),
        "parseFloat": pure("parseFloat", "number", parse_float),
    }
    number = realm.constructor(
        "Number",
        construct,
        {
            "isInteger": _is(_whole),
            "isSafeInteger": _is(_safe),
            "isFinite": _is(_finite),
            "isNaN": _is(_nan),
            **functions,
        },
    )
    number.props.update(
        MAX_SAFE_INTEGER=MAX_SAFE, MIN_SAFE_INTEGER=-MAX_SAFE, MAX_VALUE=1.7976931348623157e308,
        MIN_VALUE=5e-324,
        EPSILON=2.0**-52, POSITIVE_INFINITY=math.inf, NEGATIVE_INFINITY=-math.inf, NaN=NAN,
    )  # fmt: skip
    for name, native in functions.items():
        realm.globals[name] = realm.function(name, native)
    realm.globals["isNaN"] = realm.function("isNaN", _converting("isNaN", _nan))
    realm.globals["isFinite"] = realm.function("isFinite", _converting("isFinite", _finite))
    realm.globals.update(NaN=NAN, Infinity=math.inf, undefined=UNDEFINED)
    boolean = realm.proto("Boolean")
    realm.methods(
        boolean,
        {
            "toString": pure("toString", "string", lambda R, this, a: "true" if this else "false"),
            "valueOf": pure("valueOf", "pred", lambda R, this, a: this),
        },
    )
    realm.constructor("Boolean", _boolean)
    realm.proto("BigInt")
    realm.constructor(
        "BigInt",
        _bigint,
        {"asIntN": pure("asIntN", "number", _as_n(True)), "asUintN": pure("asUintN", "number", _as_n(False))},
    )
    m = realm.object("Math")
    realm.methods(m, {name: pure(name, "number", _one(fn)) for name, fn in _MATH.items()})
    realm.methods(
        m,
        {
            "abs": _absolute,
            "atan2": pure(
                "atan2",
                "number",
                lambda R, this, a: math.atan2(to_number(R, arg(a, 0)), to_number(R, arg(a, 1))),
            ),
            "hypot": pure("hypot", "number", _hypot),
            "imul": pure(
                "imul",
                "number",
                lambda R, this, a: terms.int32(
                    terms.int32(to_number(R, arg(a, 0))) * terms.int32(to_number(R, arg(a, 1)))
                ),
            ),
            "max": lambda R, this, args, s: _extreme(R, args, "max"),
            "min": lambda R, this, args, s: _extreme(R, args, "min"),
            "pow": _power,
            "random": lambda R, this, args, s: R.fresh("random", s),
        },
    )
    m.props.update(
        E=math.e, LN10=math.log(10), LN2=math.log(2), LOG10E=1 / math.log(10), LOG2E=1 / math.log(2),
        PI=math.pi,
        SQRT1_2=math.sqrt(0.5), SQRT2=math.sqrt(2),
    )  # fmt: skip
    realm.globals["Math"] = m
