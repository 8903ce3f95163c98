"""Globals of Node and of the web: console, process, events, abort signals, URLs, bytes, crypto, fetch.

Rules: output does nothing; what comes from outside is unknown or fresh; bytes are arrays of numbers.
Deliberately absent: streams, workers, Intl and the fetch classes, which are unknown values to the machine.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes, urljoin, urlsplit

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins import arrays
from krepis.twin.typescript.builtins._base import (
    NUMBER,
    STRING,
    Native,
    Realm,
    arg,
    callable_,
    deep,
    integer,
    iterator,
    pure,
    receiver,
    record,
    to_number,
    to_string,
)
from krepis.twin.typescript.builtins.timers import next_tick
from krepis.twin.typescript.values import (
    SYMBOL_ITERATOR,
    UNDEFINED,
    Accessor,
    BigInt,
    JsArray,
    JsFunction,
    JsObject,
    JsThrow,
    Park,
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


def nothing(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return UNDEFINED


def itself(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return this


# ---------------------------------------------------------------- texts of URIs

_URI = "-_.!~*'()"
_RESERVED = ";/?:@&=+$,#"


def _encode(safe: str) -> Any:
    def on(R: Machine, this: Value, a: list[Value]) -> Value:
        text = to_string(R, a[0] if a else UNDEFINED)
        try:
            return quote(text, safe=safe)
        except UnicodeEncodeError:
            raise R.error("URIError", "URI malformed") from None

    return on


def _decode(keep: str) -> Any:
    def on(R: Machine, this: Value, a: list[Value]) -> Value:
        text = to_string(R, a[0] if a else UNDEFINED)
        if re.search(r"%(?![0-9A-Fa-f]{2})", text):
            raise R.error("URIError", "URI malformed")
        try:
            return re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda m: _unescape(m[0], keep), text)
        except UnicodeDecodeError:
            raise R.error("URIError", "URI malformed") from None

    return on


def _unescape(run: str, keep: str) -> str:
    text = unquote_to_bytes(run).decode()
    return "".join(f"%{ord(c):02X}" if c in keep else c for c in text)


# ---------------------------------------------------------------- events

_LISTENERS = ("listeners",)


def _listeners(R: Machine, o: JsObject) -> list[Any]:
    found: list[Any] | None = o.props.get(_LISTENERS)
    if found is None:
        found = o.props[_LISTENERS] = []
    return found


def _flag(R: Machine, options: Value, name: str) -> bool:
    o = raw(options)
    return isinstance(o, JsObject) and R.truth(raw(R.get(o, name, 0)), 0)


def _add_listener(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o, kind, f = raw(this), raw(arg(args, 0)), raw(arg(args, 1))
    if isinstance(o, JsObject) and f is not None and f is not UNDEFINED:
        known = _listeners(R, o)
        if not any(k == kind and g is f for k, g, _ in known):
            o.props[_LISTENERS] = [*known, (kind, f, _flag(R, arg(args, 2), "once"))]
    return UNDEFINED


def _remove_listener(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o, kind, f = raw(this), raw(arg(args, 0)), raw(arg(args, 1))
    if isinstance(o, JsObject):
        o.props[_LISTENERS] = [e for e in _listeners(R, o) if not (e[0] == kind and e[1] is f)]
    return UNDEFINED


def dispatch(R: Machine, target: JsObject, event: JsObject, s: int) -> bool:
    """Calls the listeners of an event target, then its `on...` property."""
    kind = raw(event.props.get("type", UNDEFINED))
    event.props["target"] = event.props["currentTarget"] = target
    for entry in list(_listeners(R, target)):
        if entry[0] != kind or entry not in _listeners(R, target):
            continue
        if entry[2]:
            target.props[_LISTENERS] = [e for e in _listeners(R, target) if e is not entry]
        f = entry[1]
        if callable_(f):
            R.call(f, target, [event], s)
        else:
            R.callm(f, "handleEvent", [event], s)
        if event.props.get(("stopped",)):
            break
    handler = raw(target.props.get(f"on{kind}", UNDEFINED))
    if isinstance(handler, JsFunction):
        R.call(handler, target, [event], s)
    return not raw(event.props.get("defaultPrevented", False))


def make_event(R: Machine, kind: Value, options: Value = UNDEFINED) -> JsObject:
    """An Event object."""
    e = R.new_object("Event")
    e.props.update(type=kind, cancelable=_flag(R, options, "cancelable"), defaultPrevented=False, target=None)
    detail = raw(options)
    if isinstance(detail, JsObject) and "detail" in detail.props:
        e.props["detail"] = detail.props["detail"]
    return e


def _dispatch(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o, e = raw(this), raw(arg(args, 0))
    return dispatch(R, o, e, s) if isinstance(o, JsObject) and isinstance(e, JsObject) else True


def _stop(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    receiver(R, this).props[("stopped",)] = True
    return UNDEFINED


def _prevent(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    e = receiver(R, this)
    e.props["defaultPrevented"] = e.props.get("cancelable", False)
    return UNDEFINED


# ---------------------------------------------------------------- aborting


def _signal(R: Machine) -> JsObject:
    o = R.new_object("AbortSignal")
    o.props.update(aborted=False, reason=UNDEFINED)
    return o


def _abort_error(R: Machine, name: str, message: str) -> JsObject:
    error: JsObject = R.error("Error", message).value
    error.props["name"] = name
    return error


def abort(R: Machine, signal: JsObject, reason: Value, s: int) -> None:
    """Aborts a signal once and tells its listeners."""
    if raw(R.get(signal, "aborted", s)) is True:
        return
    if raw(reason) is UNDEFINED:
        reason = _abort_error(R, "AbortError", "This operation was aborted")
    R.set(signal, "aborted", True, s)
    R.set(signal, "reason", reason, s)
    dispatch(R, signal, make_event(R, "abort"), s)


def _controller(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = R.new_object("AbortController")
    o.props["signal"] = _signal(R)
    return o


def _abort(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    signal = raw(R.get(this, "signal", s))
    if isinstance(signal, JsObject):
        abort(R, signal, arg(args, 0), s)
    return UNDEFINED


def _aborted(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = _signal(R)
    abort(R, o, arg(args, 0), s)
    return o


def _abort_after(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = _signal(R)
    error = _abort_error(R, "TimeoutError", "The operation was aborted due to timeout")
    R.timer(arg(args, 0), lambda: abort(R, o, error, s), s, "AbortSignal.timeout")
    return o


def _abort_any(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    o = _signal(R)
    for signal in R.iter(arg(args, 0), s):
        r = raw(signal)
        if not isinstance(r, JsObject):
            continue
        if raw(R.get(r, "aborted", s)) is True:
            abort(R, o, R.get(r, "reason", s), s)
            break
        _add_listener(R, r, ["abort", R.native("abort", _follow(o, r))], s)
    return o


def _follow(o: JsObject, source: JsObject) -> Native:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        abort(R, o, R.get(source, "reason", s), s)
        return UNDEFINED

    return native


def _throw_if_aborted(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if R.truth(R.get(this, "aborted", s), s, False):
        raise R.throw(R.get(this, "reason", s), s)
    return UNDEFINED


# ---------------------------------------------------------------- bytes


def bytes_of(R: Machine, v: Value) -> bytes | None:
    """The content of a byte array whose elements are known."""
    r = raw(v)
    if not isinstance(r, JsArray):
        return None
    out = bytearray()
    for item in r.items:
        n = raw(item)
        if not isinstance(n, int | float):
            return None
        out.append(terms.int32(n) & 0xFF)
    return bytes(out)


def make_bytes(R: Machine, data: bytes, proto: str = "Uint8Array") -> JsArray:
    """A byte array."""
    a = R.new_array(list(data))
    a.proto = R.protos[proto]
    return a


def _encode_text(text: str, encoding: str) -> bytes:
    if encoding == "hex":
        return bytes.fromhex(text[: len(text) // 2 * 2])
    if encoding in ("base64", "base64url"):
        plain = text.replace("-", "+").replace("_", "/").rstrip("=")
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    if encoding in ("latin1", "binary", "ascii"):
        return bytes(ord(c) & 0xFF for c in text)
    if encoding in ("utf16le", "ucs2"):
        return text.encode("utf-16-le", "surrogatepass")
    return text.encode("utf-8", "replace")


def _decode_text(data: bytes, encoding: str) -> str:
    if encoding == "hex":
        return data.hex()
    if encoding == "base64":
        return base64.b64encode(data).decode()
    if encoding == "base64url":
        return base64.urlsafe_b64encode(data).decode().rstrip("=")
    if encoding in ("latin1", "binary", "ascii"):
        return data.decode("latin1")
    if encoding in ("utf16le", "ucs2"):
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8", "replace")


def _encoding(R: Machine, v: Value) -> str:
    r = raw(v)
    return r.lower().replace("-", "") if isinstance(r, str) else "utf8"


def buffer_from(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    r = raw(v)
    t = tags_of(v) | tags_of(arg(args, 1))
    if isinstance(r, str):
        try:
            return tagged(make_bytes(R, _encode_text(r, _encoding(R, arg(args, 1))), "Buffer"), t)
        except (ValueError, binascii.Error):
            return tagged(make_bytes(R, b"", "Buffer"), t)
    data = bytes_of(R, v)
    if data is not None:
        return tagged(make_bytes(R, data, "Buffer"), t | deep(R, [v]))
    return tagged(term("bytes", R.canon(r) if r.__class__ is Term else R.snapshot(r, 3)), t)


def _buffer_alloc(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    n = integer(R, raw(arg(args, 0)))
    return term("bytes", n) if n.__class__ is Term else make_bytes(R, bytes(max(0, min(n, 1 << 16))), "Buffer")


def _buffer_concat(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    parts = [bytes_of(R, v) for v in R.iter(arg(args, 0), s)]
    known = [p for p in parts if p is not None]
    return (
        make_bytes(R, b"".join(known), "Buffer")
        if len(known) == len(parts)
        else term("bytes", R.snapshot(raw(arg(args, 0)), 3))
    )


def _is_buffer(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a = raw(arg(args, 0))
    return isinstance(a, JsArray) and a.proto is R.protos["Buffer"]


def _buffer_text(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    data = bytes_of(R, this)
    if data is None:
        return tagged(term("bytesText", R.snapshot(raw(this), 3), type=STRING), deep(R, [this]))
    return tagged(_decode_text(data, _encoding(R, arg(args, 0))), deep(R, [this]))


def _bytes_equal(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, b = bytes_of(R, this), bytes_of(R, arg(args, 0))
    t = deep(R, [this, *args])
    if a is None or b is None:
        return tagged(term("pred", "equals", R.snapshot(raw(this), 3), R.snapshot(raw(arg(args, 0)), 3)), t)
    return tagged(a == b, t)


def _subarray(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    out = arrays.slice_(R, this, args, s)
    r = raw(this)
    if isinstance(r, JsArray):
        raw(out).proto = r.proto
    return out


def _converted(R: Machine, v: Value, convert: Any) -> Value:
    """An element as the array stores it; unknown and infinite values stay as they are."""
    n = to_number(R, raw(v))
    if n.__class__ is Term or n != n or abs(n) == math.inf:
        return tagged(n, tags_of(v))
    return tagged(convert(n), tags_of(v))


def _typed_array(name: str, convert: Any) -> Any:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        v = arg(args, 0)
        r = raw(v)
        if isinstance(r, JsObject) and r.class_name == "" and "byteLength" in r.props and not isinstance(r, JsArray):
            items: list[Value] = [0] * int(raw(r.props["byteLength"]))
        elif isinstance(r, JsObject):
            items = [_converted(R, x, convert) for x in R.iter(v, s)]
        elif r.__class__ is Term:
            items = [Rest(r)]
        else:
            items = [0] * max(0, min(integer(R, r), 1 << 16))
        a = R.new_array(items)
        a.proto = R.protos[name]
        return tagged(a, tags_of(v))

    return native


def _typed_from(name: str, convert: Any) -> Native:
    made = _typed_array(name, convert)
    return lambda R, this, args, s: made(R, UNDEFINED, [arrays.from_(R, UNDEFINED, args, s)], s)


def _typed_of(name: str, convert: Any) -> Native:
    made = _typed_array(name, convert)
    return lambda R, this, args, s: made(R, UNDEFINED, [R.new_array(list(args))], s)


def _typed_set(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    offset = integer(R, raw(arg(args, 1)))
    for i, v in enumerate(R.iter(arg(args, 0), s)):
        R.set(this, i + (offset if offset.__class__ is int else 0), v, s)
    return UNDEFINED


def _wrap(bits: int, signed: bool) -> Any:
    def convert(n: Any) -> Any:
        m = terms.int32(n) & ((1 << bits) - 1)
        return m - (1 << bits) if signed and m >> (bits - 1) else m

    return convert


_TYPED = {
    "Uint8Array": _wrap(8, False), "Int8Array": _wrap(8, True), "Uint16Array": _wrap(16, False),
    "Int16Array": _wrap(16, True), "Uint32Array": _wrap(32, False), "Int32Array": _wrap(32, True),
    "Float32Array": float, "Float64Array": terms.normal,
    "Uint8ClampedArray": lambda n: max(0, min(255, round(n))), "BigInt64Array": lambda n: BigInt(int(n)),
}  # fmt: skip


def _atomic(update: Any) -> Any:
    """`Atomics.x(array, index, value)`: a read and a write in one step; gives the old value."""

    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        old = R.get(arg(args, 0), arg(args, 1), s)
        new = update(R, old, (arg(args, 2), arg(args, 3)), s)
        if new is not None:
            R.set(arg(args, 0), arg(args, 1), new, s)
        return old

    return native


def _exchange(R: Machine, old: Value, values: tuple[Value, Value], s: int) -> Value:
    return values[1] if R.truth(R.seq(old, values[0], s), s) else None


def _store(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.set(arg(args, 0), arg(args, 1), arg(args, 2), s)


# ---------------------------------------------------------------- URLs


def _pairs(text: str) -> list[tuple[str, str]]:
    out = []
    for part in text.removeprefix("?").split("&"):
        if part:
            k, _, v = part.partition("=")
            out.append((_form(k), _form(v)))
    return out


def _form(text: str) -> str:
    return unquote_to_bytes(text.replace("+", " ")).decode("utf-8", "replace")


def _form_quote(text: str) -> str:
    return quote(text, safe="*-._ ").replace(" ", "+").replace("~", "%7E")


_PAIRS = ("pairs",)


def _params(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    r = raw(v)
    o = R.new_object("URLSearchParams")
    pairs: list[tuple[Any, Any]] = []
    if r.__class__ is Term:
        return tagged(term("query", r), tags_of(v))
    if isinstance(r, str):
        pairs = list(_pairs(r))
    elif isinstance(r, JsObject) and R._finds(r, SYMBOL_ITERATOR):
        pairs = [(to_string(R, raw(R.get(p, 0, s))), to_string(R, raw(R.get(p, 1, s)))) for p in R.iter(v, s)]
    elif isinstance(r, JsObject):
        pairs = [(k, to_string(R, raw(R.get(r, k, s)))) for k in R.keys(r, s)]
    o.props[_PAIRS] = pairs
    return o


def _pairs_of(this: Value) -> list[tuple[Any, Any]]:
    o = raw(this)
    return list(o.props.get(_PAIRS, ())) if isinstance(o, JsObject) else []


def _key(R: Machine, args: list[Value], i: int = 0) -> Any:
    return to_string(R, raw(arg(args, i)))


def _param_get(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return next((v for k, v in _pairs_of(this) if k == _key(R, args)), None)


def _param_set(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    key, value = _key(R, args), _key(R, args, 1)
    pairs = _pairs_of(this)
    at = next((i for i, (k, _) in enumerate(pairs) if k == key), len(pairs))
    pairs = [p for p in pairs if p[0] != key]
    pairs.insert(at, (key, value))
    receiver(R, this).props[_PAIRS] = pairs
    return UNDEFINED


def _param_append(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    receiver(R, this).props[_PAIRS] = [*_pairs_of(this), (_key(R, args), _key(R, args, 1))]
    return UNDEFINED


def _param_delete(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    receiver(R, this).props[_PAIRS] = [p for p in _pairs_of(this) if p[0] != _key(R, args)]
    return UNDEFINED


def _param_text(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    parts: list[Any] = []
    for k, v in _pairs_of(this):
        parts.append("&" if parts else "")
        parts += [
            _form_quote(k) if isinstance(k, str) else k,
            "=",
            _form_quote(v) if isinstance(v, str) else v,
        ]
    return terms.concat(parts)


def _param_all(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.new_array([v for k, v in _pairs_of(this) if k == _key(R, args)])


def _param_entries(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return iterator(R, (R.new_array([k, v]) for k, v in _pairs_of(this)), "ArrayIterator")


def _param_side(side: int) -> Native:
    return lambda R, this, args, s: iterator(R, iter([p[side] for p in _pairs_of(this)]), "ArrayIterator")


def _param_each(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    for k, v in _pairs_of(this):
        R.call(arg(args, 0), UNDEFINED, [v, k, this], s)
    return UNDEFINED


def _url(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    text, base = to_string(R, raw(arg(args, 0))), raw(arg(args, 1))
    base = "" if base is UNDEFINED else to_string(R, base)
    o = R.new_object("URL")
    if text.__class__ is Term or base.__class__ is Term:
        return tagged(term("url", text, base), tags_of(arg(args, 0)))
    href = urljoin(base, text) if base else text
    try:
        parts = urlsplit(href)
        port = parts.port
    except ValueError:
        raise R.error("TypeError", "Invalid URL") from None
    if not parts.scheme or (parts.scheme in ("http", "https") and not parts.hostname):
        raise R.error("TypeError", "Invalid URL")
    shown = None if (parts.scheme, port) in (("http", 80), ("https", 443)) else port
    host = (parts.hostname or "") + (f":{shown}" if shown is not None else "")
    special = parts.scheme in ("http", "https", "ws", "wss", "ftp")
    o.props.update(
        protocol=f"{parts.scheme}:", hostname=parts.hostname or "", host=host,
        port="" if shown is None else str(shown),
        pathname=quote(parts.path or ("/" if special else ""), safe="/%:@!$&'()*+,;=~-._|[]"),
        search=f"?{parts.query}" if parts.query else "", hash=f"#{parts.fragment}" if parts.fragment else "",
        username=parts.username or "", password=parts.password or "",
        origin=f"{parts.scheme}://{host}" if special else "null",
        searchParams=_params(R, UNDEFINED, [parts.query], s),
    )  # fmt: skip
    return o


def _href(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    p = receiver(R, this).props
    if "protocol" not in p:
        raise R.error("TypeError", "Method called on incompatible receiver")
    params = raw(p.get("searchParams", UNDEFINED))
    search = p.get("search", "")
    if isinstance(params, JsObject) and params.props.get(_PAIRS) != _pairs(
        raw(search) if isinstance(raw(search), str) else ""
    ):
        text = _param_text(R, params, [], s)
        search = terms.concat(["?", text]) if text != "" else ""
    user = raw(p["username"])
    login = f"{user}{':' + raw(p['password']) if raw(p['password']) else ''}@" if user else ""
    slashes = "//" if raw(p["host"]) or raw(p["protocol"]) == "file:" else ""
    parts = [
        raw(p["protocol"]),
        slashes + login,
        raw(p["host"]),
        raw(p["pathname"]),
        raw(search),
        raw(p["hash"]),
    ]
    return terms.concat([to_string(R, x) for x in parts])


# ---------------------------------------------------------------- process and the rest


def _hrtime(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.new_array([term("hrtime", type=NUMBER), term("hrtime.ns", type=NUMBER)])


def _exit(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    raise Park


def _elapsed(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return terms.add(term("elapsed", type=NUMBER), terms.normal(R.now))


def _fetch(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    options = raw(args[1]) if len(args) > 1 else UNDEFINED
    method = raw(options.props.get("method", UNDEFINED)) if isinstance(options, JsObject) else UNDEFINED
    if isinstance(method, str) and method.upper() == "POST":
        R.effect("fetch POST", args, s)
    return R.unknown_call("fetch", UNDEFINED, args, s, None)


def _random_values(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a = raw(arg(args, 0))
    if isinstance(a, JsArray):
        a.items = [R.fresh("random", s) for _ in a.items[:64]] + a.items[64:]
    return arg(args, 0)


def _random_uuid(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.fresh("randomUUID", s)


def _base64(encode: bool) -> Any:
    def on(R: Machine, this: Value, a: list[Value]) -> Value:
        text = to_string(R, a[0] if a else UNDEFINED)
        try:
            return (
                base64.b64encode(text.encode("latin1")).decode()
                if encode
                else base64.b64decode(text + "=" * (-len(text) % 4)).decode("latin1")
            )
        except (ValueError, UnicodeError):
            raise R.throw(_abort_error(R, "InvalidCharacterError", "Invalid character"), 0) from None

    return on


def define(realm: Realm) -> None:
    """Adds the globals of Node and of the web to the realm."""
    g = realm.globals

    def function(name: str, native: Any) -> None:
        g[name] = realm.function(name, native)

    function("encodeURIComponent", pure("encodeURIComponent", "string", _encode(_URI)))
    function("encodeURI", pure("encodeURI", "string", _encode(_URI + _RESERVED)))
    function("decodeURIComponent", pure("decodeURIComponent", "string", _decode("")))
    function("decodeURI", pure("decodeURI", "string", _decode(_RESERVED)))
    function("btoa", pure("btoa", "string", _base64(True)))
    function("atob", pure("atob", "string", _base64(False)))
    function("fetch", _fetch)

    console = realm.object("console")
    quiet = (
        "log", "info", "warn", "error", "debug", "trace", "dir", "table", "group", "groupEnd",
        "groupCollapsed",
        "time", "timeEnd", "timeLog", "assert", "count", "countReset", "clear",
    )  # fmt: skip
    realm.methods(console, dict.fromkeys(quiet, nothing))
    g["console"] = console

    process = realm.object("process")
    listens = (
        "on",
        "once",
        "off",
        "addListener",
        "removeListener",
        "removeAllListeners",
        "prependListener",
        "setMaxListeners",
    )
    realm.methods(process, dict.fromkeys(listens, itself))
    realm.methods(
        process,
        {
            "nextTick": next_tick, "exit": _exit, "abort": _exit, "hrtime": _hrtime, "uptime": _elapsed,
            "emitWarning": nothing, "emit": lambda R, this, args, s: False,
            "memoryUsage": lambda R, this, args, s: term("memoryUsage"), "cwd": lambda R, this, args, s: "/",
        },
    )  # fmt: skip
    bigint = realm.function("bigint", lambda R, this, args, s: term("hrtime", type=NUMBER), "process.hrtime.bigint")
    process.props["hrtime"].props["bigint"] = bigint
    process.props.update(platform="linux", version="v22.0.0", arch="x64", title="node", pid=1, exitCode=UNDEFINED)
    realm.getter(process, "env", lambda R, this, args, s: term("dep", "process", "env", "process.env"))
    realm.getter(process, "argv", lambda R, this, args, s: R.new_array(["node", "main"]))
    realm.getter(process, "versions", lambda R, this, args, s: record(R, node="22.0.0"))
    for name in ("stdout", "stderr"):
        stream = realm.object(f"process.{name}")
        realm.methods(stream, {"write": lambda R, this, args, s: True, "on": itself, "once": itself, "end": nothing})
        process.props[name] = stream
    g["process"] = process

    target = realm.proto("EventTarget")
    realm.methods(
        target,
        {
            "addEventListener": _add_listener,
            "removeEventListener": _remove_listener,
            "dispatchEvent": _dispatch,
        },
    )
    realm.constructor("EventTarget", lambda R, this, args, s: R.new_object("EventTarget"))
    event = realm.proto("Event")
    realm.methods(event, {"preventDefault": _prevent, "stopPropagation": nothing, "stopImmediatePropagation": _stop})
    for name in ("Event", "CustomEvent"):
        realm.constructor(name, lambda R, this, args, s: make_event(R, arg(args, 0), arg(args, 1)), proto="Event")
    event.props["constructor"] = g["Event"]
    realm.methods(realm.proto("AbortSignal", "EventTarget"), {"throwIfAborted": _throw_if_aborted})
    realm.constructor(
        "AbortSignal",
        lambda R, this, args, s: _signal(R),
        {"abort": _aborted, "timeout": _abort_after, "any": _abort_any},
    )
    realm.methods(realm.proto("AbortController"), {"abort": _abort})
    realm.constructor("AbortController", _controller)

    for name, convert in _TYPED.items():
        proto = realm.proto(name, "Array")
        realm.methods(proto, {"subarray": _subarray, "slice": _subarray, "set": _typed_set})
        proto.props["byteLength"] = Accessor(
            realm.function("byteLength", lambda R, this, args, s: R.get(this, "length", s)), UNDEFINED
        )
        realm.constructor(
            name,
            _typed_array(name, convert),
            {"from": _typed_from(name, convert), "of": _typed_of(name, convert)},
        )
    realm.methods(realm.proto("Buffer", "Uint8Array"), {"toString": _buffer_text, "equals": _bytes_equal})
    realm.constructor(
        "Buffer",
        buffer_from,
        {
            "from": buffer_from, "alloc": _buffer_alloc, "allocUnsafe": _buffer_alloc,
            "concat": _buffer_concat,
            "isBuffer": _is_buffer,
            "byteLength": lambda R, this, args, s: R.get(buffer_from(R, this, args, s), "length", s),
        },
    )  # fmt: skip
    for name in ("ArrayBuffer", "SharedArrayBuffer"):
        realm.proto(name)
        realm.constructor(name, _sized(name))
    atomics = realm.object("Atomics")
    realm.methods(
        atomics,
        {
            "add": _atomic(lambda R, old, v, s: R.add(old, v[0], s)),
            "sub": _atomic(lambda R, old, v, s: R.sub(old, v[0], s)),
            "exchange": _atomic(lambda R, old, v, s: v[0]), "compareExchange": _atomic(_exchange),
            "load": _atomic(lambda R, old, v, s: None),
            "or": _atomic(lambda R, old, v, s: R.bitor(old, v[0], s)),
            "and": _atomic(lambda R, old, v, s: R.bitand(old, v[0], s)), "store": _store,
            "notify": lambda R, this, args, s: 0,
        },
    )  # fmt: skip
    g["Atomics"] = atomics

    encode = lambda R, this, args, s: buffer_from(R, this, [arg(args, 0) if args else ""], s)  # noqa: E731
    realm.methods(realm.proto("TextEncoder"), {"encode": encode})
    realm.constructor("TextEncoder", lambda R, this, args, s: R.new_object("TextEncoder"))
    decode = lambda R, this, args, s: _buffer_text(R, arg(args, 0), [], s) if args else ""  # noqa: E731
    realm.methods(realm.proto("TextDecoder"), {"decode": decode})
    realm.constructor("TextDecoder", lambda R, this, args, s: R.new_object("TextDecoder"))

    url = realm.proto("URL")
    realm.getter(url, "href", _href)
    realm.methods(url, {"toString": _href, "toJSON": _href})
    realm.constructor("URL", _url, {"canParse": _can_parse})
    params = realm.proto("URLSearchParams")
    realm.methods(
        params,
        {
            "get": _param_get, "set": _param_set, "append": _param_append, "delete": _param_delete,
            "toString": _param_text,
            "has": lambda R, this, args, s: any(k == _key(R, args) for k, _ in _pairs_of(this)),
            "getAll": _param_all, "forEach": _param_each, "entries": _param_entries,
            SYMBOL_ITERATOR: _param_entries,
            "keys": _param_side(0), "values": _param_side(1),
        },
    )  # fmt: skip
    realm.constructor("URLSearchParams", _params)

    crypto = realm.object("crypto")
    realm.methods(
        crypto,
        {"randomUUID": _random_uuid, "getRandomValues": _random_values},
    )
    realm.getter(crypto, "subtle", lambda R, this, args, s: term("dep", "crypto", "subtle", "subtle"))
    g["crypto"] = crypto
    performance = realm.object("performance")
    realm.methods(performance, {"now": _elapsed, "mark": nothing, "measure": nothing, "clearMarks": nothing})
    realm.getter(performance, "timeOrigin", lambda R, this, args, s: term("timeOrigin", type=NUMBER))
    g["performance"] = performance


def _sized(name: str) -> Native:
    def native(R: Machine, this: Value, args: list[Value], s: int) -> Value:
        o = R.new_object(name)
        n = integer(R, raw(arg(args, 0)))
        o.props["byteLength"] = n if n.__class__ is not Term else 0
        return o

    return native


def _can_parse(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if any(raw(a).__class__ is Term for a in args):
        return term("pred", "canParse", *[raw(a) for a in args])
    try:
        _url(R, this, args, s)
    except JsThrow:
        return False
    return True
