"""Date (ECMA-262 section 21.4), in UTC throughout.

Rules: the current time is one unknown, `now`, plus the virtual time of the timers that have fired; a date of
an unknown time has unknown fields, and its arithmetic is linear.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins._base import (
    NUMBER,
    STRING,
    Realm,
    arg,
    make,
    to_number,
    to_primitive,
    to_string,
)
from krepis.twin.typescript.terms import NAN
from krepis.twin.typescript.values import (
    NEW,
    SYMBOL_TO_PRIMITIVE,
    UNDEFINED,
    JsDate,
    JsObject,
    Term,
    Value,
    raw,
    tagged,
    tags_of,
    term,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Machine

DAY = 86_400_000
LIMIT = 8_640_000_000_000_000
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")


def now(R: Machine) -> Value:
    """The current time in milliseconds."""
    return terms.add(term("now", type=NUMBER), terms.normal(R.now))


def days_from_civil(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a proleptic Gregorian date; `month` 1..12 (Hinnant, chrono dates)."""
    year -= month <= 2
    era = year // 400
    yoe = year - era * 400
    doy = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - 719_468


def civil(days: int) -> tuple[int, int, int]:
    """The inverse of `days_from_civil`."""
    days += 719_468
    era = days // 146_097
    doe = days - era * 146_097
    yoe = (doe - doe // 1460 + doe // 36_524 - doe // 146_096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + (3 if mp < 10 else -9)
    return yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) // 5 + 1


def fields(t: Any) -> list[int]:
    """Year, month (from 0), day, hours, minutes, seconds, milliseconds, weekday."""
    days, ms = divmod(int(t), DAY)
    y, m, d = civil(days)
    return [y, m - 1, d, ms // 3_600_000, ms // 60_000 % 60, ms // 1000 % 60, ms % 1000, (days + 4) % 7]


def time_of(parts: list[Any]) -> Any:
    """MakeTime and MakeDay of numbers: year, month (from 0, may overflow), day, hours, ..., milliseconds."""
    if any(p != p or abs(p) > 1e12 for p in parts):
        return NAN
    y, m, d, hh, mm, ss, ms = (math.trunc(p) for p in parts)
    t = (days_from_civil(y + m // 12, m % 12 + 1, 1) + d - 1) * DAY + hh * 3_600_000 + mm * 60_000 + ss * 1000 + ms
    return t if abs(t) <= LIMIT else NAN


_ISO = re.compile(
    r"([+-]\d{6}|\d{4})(?:-(\d\d)(?:-(\d\d))?)?"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?\s*(Z|[+-]\d\d:?\d\d)?$"
)
_WORDS = re.compile(
    r"(?:[A-Za-z]{3,9},? +)?(?:(\d{1,2}) +([A-Za-z]{3})[a-z]*|([A-Za-z]{3})[a-z]* +(\d{1,2})),? +(\d{4})"
    r"(?: +(\d\d):(\d\d)(?::(\d\d))?)?(?: *(?:GMT|UTC|Z)? *([+-]\d{4})?)?(?: *\(.*\))?$"
)


def parse_time(text: str) -> Any:
    """The time value of a date text; NaN if it is none."""
    m = _ISO.match(text.strip())
    if m is not None:
        y, mo, d, hh, mm, ss, frac, zone = m.groups()
        numbers = [
            int(y),
            int(mo or 1) - 1,
            int(d or 1),
            int(hh or 0),
            int(mm or 0),
            int(ss or 0),
            int(((frac or "") + "000")[:3]),
        ]
        if not (
            0 <= numbers[1] < 12 and 1 <= numbers[2] <= 31 and numbers[3] <= 24 and numbers[4] < 60 and numbers[5] < 60
        ):
            return NAN
        return _zoned(time_of(numbers), zone)
    w = _WORDS.match(text.strip())
    if w is not None:
        month = (w[2] or w[3]).title()
        if month in MONTHS:
            numbers = [
                int(w[5]),
                MONTHS.index(month),
                int(w[1] or w[4]),
                int(w[6] or 0),
                int(w[7] or 0),
                int(w[8] or 0),
                0,
            ]
            return _zoned(time_of(numbers), w[9])
    return NAN


def _zoned(t: Any, zone: str | None) -> Any:
    if zone in (None, "Z") or zone is None:
        return t
    sign = -1 if zone[0] == "-" else 1
    return t - sign * (int(zone[1:3]) * 60 + int(zone[-2:])) * 60_000


def _clip(t: Any) -> Any:
    return t if t.__class__ is Term else NAN if t != t or abs(t) > LIMIT else int(t)


def _iso(t: Any) -> str:
    y, m, d, hh, mm, ss, ms, _ = fields(t)
    year = f"{y:04d}" if 0 <= y <= 9999 else f"{'-' if y < 0 else '+'}{abs(y):06d}"
    return f"{year}-{m + 1:02d}-{d:02d}T{hh:02d}:{mm:02d}:{ss:02d}.{ms:03d}Z"


def iso_text(R: Machine, t: Value) -> Value:
    """The text of a time in JSON: a term when unknown, null when invalid."""
    if t.__class__ is Term:
        return term("toISOString", t, type=STRING)
    return None if t != t else _iso(t)


def date_text(t: Value) -> Value:
    """`Date.prototype.toString`."""
    if t.__class__ is Term:
        return term("dateString", t, type=STRING)
    if t != t:
        return "Invalid Date"
    y, m, d, hh, mm, ss, _, wd = fields(t)
    date = f"{WEEKDAYS[wd]} {MONTHS[m]} {d:02d} {y:04d}"
    return f"{date} {hh:02d}:{mm:02d}:{ss:02d} GMT+0000 (Coordinated Universal Time)"


def make_date(R: Machine, t: Value) -> JsDate:
    """A Date object of a time value."""
    o = JsDate(R.ident(), R.protos["Date"])
    o.owner = R.act
    o.shared = not R.tracking
    o.props["time"] = tagged(_clip(raw(t)), tags_of(t))
    return o


def construct(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if this is not NEW:
        return date_text(now(R))
    if not args:
        return make_date(R, now(R))
    tags = 0
    plain: list[Value] = []
    for i in range(len(args)):
        a = arg(args, i)
        tags |= tags_of(a)
        r = raw(a)
        plain.append(
            R.get(a, "time", s) if isinstance(r, JsDate) else to_primitive(R, r) if isinstance(r, JsObject) else r
        )
    if len(plain) == 1:
        t = raw(plain[0])
        tags |= tags_of(plain[0])
        if isinstance(t, str):
            t = parse_time(t)
        elif t.__class__ is Term:
            numeric = t.op in ("lin", "now") or R.program.typeof(t.type) == "number"
            t = t if numeric else term("time", t, type=NUMBER)
        else:
            t = to_number(R, t)
        return make_date(R, tagged(t, tags))
    return make_date(R, tagged(_utc(R, plain), tags))


def _utc(R: Machine, plain: list[Value]) -> Value:
    numbers = [to_number(R, raw(p)) for p in plain[:7]]
    if any(n.__class__ is Term for n in numbers):
        return term("time", *numbers, type=NUMBER)
    numbers += [0, 0, 1, 0, 0, 0, 0][len(numbers) :]
    if 0 <= numbers[0] <= 99:
        numbers[0] += 1900
    return time_of(numbers)


def _time(R: Machine, this: Value, s: int) -> tuple[Any, int]:
    d = raw(this)
    if not isinstance(d, JsDate):
        raise R.error("TypeError", "this is not a Date object.")
    t = R.get(d, "time", s)
    return raw(t), tags_of(t) | tags_of(this)


def _field(index: int, name: str) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        t, tags = _time(R, this, s)
        if t.__class__ is Term:
            return tagged(make(R, name, "number", [t]), tags)
        return tagged(NAN if t != t else fields(t)[index], tags)

    return native


def _setter(index: int, name: str) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        t, tags = _time(R, this, s)
        numbers = []
        for a in args:
            tags |= tags_of(a)
            numbers.append(to_number(R, raw(a)))
        if t.__class__ is Term or any(n.__class__ is Term for n in numbers):
            result = _shifted(R, t, numbers, index, name)
        else:
            parts: list[Any] = fields(0 if t != t else t)[:7]
            for i, n in enumerate(numbers):
                if index + i < 7:
                    parts[index + i] = n
            result = time_of(parts)
        R.set(raw(this), "time", tagged(result, tags), s)
        return tagged(result, tags)

    return native


_UNIT = {2: DAY, 3: 3_600_000, 4: 60_000, 5: 1000, 6: 1}


def _shifted(R: Machine, t: Value, numbers: list[Any], index: int, name: str) -> Value:
    """`d.setX(d.getX() + n)` moves the time by n units; other changes of unknown times are uninterpreted."""
    if len(numbers) == 1 and index in _UNIT and t.__class__ is Term:
        getter = (
            "getFullYear",
            "getMonth",
            "getDate",
            "getHours",
            "getMinutes",
            "getSeconds",
            "getMilliseconds",
        )[index]
        for g in (getter, getter.replace("get", "getUTC")):
            difference = terms.sub(numbers[0], term(g, t))
            if difference.__class__ is not Term:
                return terms.add(t, difference * _UNIT[index])
    return term(name, t, *numbers, type=NUMBER)


def _text(name: str, fn: Any) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        t, tags = _time(R, this, s)
        if t.__class__ is Term:
            return tagged(make(R, name, "string", [t, *map(raw, args)]), tags)
        if t != t:
            if name == "toISOString":
                raise R.error("RangeError", "Invalid time value")
            return tagged(None if name == "toJSON" else "Invalid Date", tags)
        return tagged(fn(t), tags)

    return native


def _locale_date(t: Any) -> str:
    y, m, d = fields(t)[:3]
    return f"{m + 1}/{d}/{y}"


def _locale_time(t: Any) -> str:
    _, _, _, hh, mm, ss, _, _ = fields(t)
    return f"{hh % 12 or 12}:{mm:02d}:{ss:02d} {'AM' if hh < 12 else 'PM'}"


def _utc_text(t: Any) -> str:
    y, m, d, hh, mm, ss, _, wd = fields(t)
    return f"{WEEKDAYS[wd]}, {d:02d} {MONTHS[m]} {y:04d} {hh:02d}:{mm:02d}:{ss:02d} GMT"


def _get_time(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    t, tags = _time(R, this, s)
    return tagged(t, tags)


def _set_time(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    t = tagged(_clip(to_number(R, raw(v))), tags_of(v))
    R.set(raw(this), "time", t, s)
    return t


def _parse(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    text = to_string(R, raw(v))
    return tagged(term("time", text, type=NUMBER) if text.__class__ is Term else parse_time(text), tags_of(v))


def _to_primitive(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    t, tags = _time(R, this, s)
    return tagged(t if raw(arg(args, 0)) == "number" else date_text(t), tags)


def define(realm: Realm) -> None:
    """Adds Date to the realm."""
    names = ("FullYear", "Month", "Date", "Hours", "Minutes", "Seconds", "Milliseconds", "Day")
    proto = realm.proto("Date")
    for index, name in enumerate(names):
        for prefix in ("", "UTC"):
            realm.methods(proto, {f"get{prefix}{name}": _field(index, f"get{prefix}{name}")})
            if name != "Day":
                realm.methods(proto, {f"set{prefix}{name}": _setter(index, f"set{prefix}{name}")})
    realm.methods(
        proto,
        {
            "getTime": _get_time, "valueOf": _get_time, "setTime": _set_time,
            "getTimezoneOffset": lambda R, this, args, s: 0, "toISOString": _text("toISOString", _iso),
            "toJSON": _text("toJSON", _iso), "toString": _text("dateString", date_text),
            "toDateString": _text("toDateString", lambda t: str(date_text(t))[:15]),
            "toTimeString": _text("toTimeString", lambda t: str(date_text(t))[16:]),
            "toUTCString": _text("toUTCString", _utc_text), "toGMTString": _text("toUTCString", _utc_text),
            "toLocaleDateString": _text("toLocaleDateString", _locale_date),
            "toLocaleTimeString": _text("toLocaleTimeString", _locale_time),
            "toLocaleString": _text("toLocaleString", lambda t: f"{_locale_date(t)}, {_locale_time(t)}"),
            SYMBOL_TO_PRIMITIVE: _to_primitive,
        },
    )  # fmt: skip

    def utc(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        return _utc(R, [raw(a) for a in args] or [UNDEFINED])

    realm.constructor("Date", construct, {"now": lambda R, this, args, s: now(R), "parse": _parse, "UTC": utc})
