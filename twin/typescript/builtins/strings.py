"""String and RegExp (ECMA-262 sections 22.1 and 22.2).

Strategy: texts are Python strings of code points; methods that count UTF-16 units work on a copy in which
an astral character is a pair of surrogates, and put pairs together again. Patterns are translated to `re`;
what does not translate, and inputs long enough for backtracking to hurt, give unknown results.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins._base import (
    STRING,
    Native,
    Realm,
    arg,
    callable_,
    clamp,
    integer,
    iterator,
    leaf,
    make,
    pure,
    to_primitive,
    to_string,
)
from krepis.twin.typescript.values import (
    MAX_LENGTH,
    SYMBOL_ITERATOR,
    UNDEFINED,
    Exhausted,
    JsFunction,
    JsObject,
    JsRegExp,
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

SPACE = " \t\n\r\v\f\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def units(text: str) -> str:
    """The text with each UTF-16 code unit as one character."""
    if text.isascii() or max(text) <= "\uffff":
        return text
    return "".join(ch if ch <= "\uffff" else _surrogates(ord(ch) - 0x10000) for ch in text)


def _surrogates(offset: int) -> str:
    return chr(0xD800 + (offset >> 10)) + chr(0xDC00 + (offset & 0x3FF))


def fuse(text: str) -> str:
    """The inverse of `units`."""
    if text.isascii():
        return text
    return _PAIR.sub(lambda m: chr(0x10000 + ((ord(m[0][0]) - 0xD800) << 10) + ord(m[0][1]) - 0xDC00), text)


def _text(R: Machine, v: Value) -> str:
    t = to_string(R, v)
    return t if isinstance(t, str) else "?"


# ---------------------------------------------------------------- pure methods: (R, text, args)


def _at(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    i = integer(R, a[0] if a else UNDEFINED)
    return u[i] if -len(u) <= i < len(u) else UNDEFINED


def _char_at(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    i = integer(R, a[0] if a else UNDEFINED)
    return u[i] if 0 <= i < len(u) else ""


def _char_code(R: Machine, x: str, a: list[Value]) -> Value:
    c = _char_at(R, x, a)
    return ord(c) if c else terms.NAN


def _code_point(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    i = integer(R, a[0] if a else UNDEFINED)
    return ord(fuse(u[i : i + 2])[0]) if 0 <= i < len(u) else UNDEFINED


def _position(R: Machine, a: list[Value], i: int, default: int) -> Any:
    return integer(R, a[i] if i < len(a) else UNDEFINED, default)


def _plain(R: Machine, a: list[Value]) -> str:
    if a and isinstance(a[0], JsRegExp):
        raise R.error("TypeError", "First argument must not be a regular expression")
    return _text(R, a[0] if a else UNDEFINED)


def _slice(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    n = len(u)
    return fuse(u[clamp(_position(R, a, 0, 0), n) : clamp(_position(R, a, 1, n), n)])


def _substring(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    n = len(u)
    i, j = (min(max(0, p), n) for p in (_position(R, a, 0, 0), _position(R, a, 1, n)))
    return fuse(u[min(i, j) : max(i, j)])


def _substr(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    i = clamp(_position(R, a, 0, 0), len(u))
    return fuse(u[i : i + max(0, _position(R, a, 1, len(u)))])


def _pad(R: Machine, x: str, a: list[Value], *, start: bool) -> Value:
    width = _position(R, a, 0, 0) - len(units(x))
    filler = " " if len(a) < 2 or a[1] is UNDEFINED else _text(R, a[1])
    if width <= 0 or not filler:
        return x
    if width > MAX_LENGTH:
        return NotImplemented
    u = units(filler)
    padding = fuse((u * (width // len(u) + 1))[:width])
    return padding + x if start else x + padding


def _repeat(R: Machine, x: str, a: list[Value]) -> Value:
    n = _position(R, a, 0, 0)
    if n < 0:
        raise R.error("RangeError", "Invalid count value")
    return x * n if n * len(x) <= MAX_LENGTH else NotImplemented


def _index_of(R: Machine, x: str, a: list[Value]) -> Value:
    return units(x).find(units(_text(R, a[0] if a else UNDEFINED)), max(0, _position(R, a, 1, 0)))


def _last_index_of(R: Machine, x: str, a: list[Value]) -> Value:
    u, w = units(x), units(_text(R, a[0] if a else UNDEFINED))
    return u.rfind(w, 0, max(0, _position(R, a, 1, len(u))) + len(w))


def _starts_with(R: Machine, x: str, a: list[Value]) -> Value:
    return units(x).startswith(units(_plain(R, a)), max(0, _position(R, a, 1, 0)))


def _ends_with(R: Machine, x: str, a: list[Value]) -> Value:
    u = units(x)
    return u.endswith(units(_plain(R, a)), 0, max(0, _position(R, a, 1, len(u))))


def _includes(R: Machine, x: str, a: list[Value]) -> Value:
    return units(_plain(R, a)) in units(x)[max(0, _position(R, a, 1, 0)) :]


def _compare(R: Machine, x: str, a: list[Value]) -> Value:
    y = _text(R, a[0] if a else UNDEFINED)
    p, q = _collation(x), _collation(y)
    return -1 if p < q else 1 if p > q else 0


def _collation(text: str) -> Any:
    """An approximation of the root collation: letters, then accents, then lower case before upper."""
    decomposed = unicodedata.normalize("NFD", text)
    base = "".join(ch for ch in decomposed if not unicodedata.combining(ch))
    return (tuple((ch.isalnum(), ch) for ch in base.casefold()), decomposed.casefold(), base.swapcase())


def _normalize(R: Machine, x: str, a: list[Value]) -> Value:
    form = "NFC" if not a or a[0] is UNDEFINED else _text(R, a[0])
    if form not in ("NFC", "NFD", "NFKC", "NFKD"):
        raise R.error("RangeError", "The normalization form should be one of NFC, NFD, NFKC, NFKD")
    return unicodedata.normalize(form, x)  # type: ignore[arg-type]


def _string_of(R: Machine, x: Value, a: list[Value]) -> Value:
    return x if isinstance(x, str) else _text(R, x)


_PURE: dict[str, tuple[str, Any]] = {
    "at": ("string", _at),
    "charAt": ("string", _char_at),
    "charCodeAt": ("number", _char_code),
    "codePointAt": ("number", _code_point),
    "endsWith": ("pred", _ends_with),
    "includes": ("pred", _includes),
    "indexOf": ("number", _index_of),
    "lastIndexOf": ("number", _last_index_of),
    "localeCompare": ("number", _compare),
    "normalize": ("string", _normalize),
    "padEnd": ("string", lambda R, x, a: _pad(R, x, a, start=False)),
    "padStart": ("string", lambda R, x, a: _pad(R, x, a, start=True)),
    "repeat": ("string", _repeat),
    "slice": ("string", _slice),
    "startsWith": ("pred", _starts_with),
    "substr": ("string", _substr),
    "substring": ("string", _substring),
    "toLocaleLowerCase": ("string", lambda R, x, a: x.lower()),
    "toLocaleUpperCase": ("string", lambda R, x, a: x.upper()),
    "toLowerCase": ("string", lambda R, x, a: x.lower()),
    "toUpperCase": ("string", lambda R, x, a: x.upper()),
    "toString": ("string", _string_of),
    "toWellFormed": (
        "string",
        lambda R, x, a: "".join("\ufffd" if "\ud800" <= c <= "\udfff" else c for c in x),
    ),
    "isWellFormed": ("pred", lambda R, x, a: not any("\ud800" <= c <= "\udfff" for c in x)),
    "trim": ("string", lambda R, x, a: x.strip(SPACE)),
    "trimEnd": ("string", lambda R, x, a: x.rstrip(SPACE)),
    "trimStart": ("string", lambda R, x, a: x.lstrip(SPACE)),
    "valueOf": ("string", _string_of),
}


def concat(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    tags = tags_of(this)
    parts: list[Any] = [to_string(R, raw(this))]
    for a in args:
        tags |= tags_of(a)
        parts.append(to_string(R, raw(a)))
    return tagged(terms.concat(parts), tags)


def iterate(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return iterator(R, R.iter(this, s), "StringIterator")


# ---------------------------------------------------------------- methods that take patterns


def _known(
    R: Machine, this: Value, args: list[Value], op: str, kind: str
) -> tuple[str | None, list[Value], int, Value]:
    """The receiver as text, untagged arguments and tags; or None and the unknown result."""
    tags = tags_of(this)
    x = to_string(R, raw(this))
    plain: list[Value] = []
    unknown = not isinstance(x, str)
    for a in args:
        tags |= tags_of(a)
        r = raw(a)
        if isinstance(r, JsObject) and not isinstance(r, JsRegExp | JsFunction):
            r = to_primitive(R, r, "string")
        if r.__class__ is Term or r.__class__ is Rest:
            unknown = True
        if isinstance(r, JsRegExp) and isinstance(x, str) and (r.compiled is None or len(x) > r.limit):
            unknown = True
        plain.append(r)
    if unknown:
        return None, plain, tags, tagged(make(R, op, kind, [x, *plain]), tags)
    return str(x), plain, tags, UNDEFINED


def _match_object(R: Machine, m: re.Match[str], text: str) -> Value:
    a = R.new_array([UNDEFINED if g is None else fuse(g) for g in (m[0], *m.groups())])
    a.props["index"] = m.start()
    a.props["input"] = text
    named = m.groupdict()
    groups: Value = UNDEFINED
    if named:
        groups = R.new_object()
        groups.proto = None
        groups.props.update({k: UNDEFINED if g is None else fuse(g) for k, g in named.items()})
    a.props["groups"] = groups
    return a


def _subject(p: JsRegExp, x: str) -> str:
    """The text as a pattern sees it: characters with the flag u or v, else code units."""
    return x if "u" in p.flags or "v" in p.flags else units(x)


def _expand(template: str, m: re.Match[str]) -> str:
    """GetSubstitution (ECMA-262 section 22.1.3.19.1)."""

    def one(found: re.Match[str]) -> str:
        c = found[1]
        if c == "$":
            return "$"
        if c == "&":
            return m[0]
        if c == "`":
            return m.string[: m.start()]
        if c == "'":
            return m.string[m.end() :]
        if c[0] == "<":
            return (m.groupdict().get(c[1:-1]) or "") if m.re.groupindex else found[0]
        count = m.re.groups
        n = int(c)
        if 1 <= n <= count:
            return m[n] or ""
        if len(c) == 2 and 1 <= int(c[0]) <= count:
            return (m[int(c[0])] or "") + c[1]
        return found[0]

    return re.sub(r"\$(\$|&|`|'|\d\d?|<[^>]*>)", one, template)


def _replace(R: Machine, this: Value, args: list[Value], s: int, *, every: bool) -> Value:
    x, a, tags, _ = _known(R, this, args[:1], "replaceAll" if every else "replace", "string")
    by = raw(arg(args, 1))
    tags |= tags_of(arg(args, 1))
    if x is None:
        return tagged(make(R, "replaceAll" if every else "replace", "string", [raw(this), *map(raw, args)]), tags)
    pattern = a[0] if a else UNDEFINED
    if isinstance(pattern, JsRegExp):
        every = "g" in pattern.flags
        compiled = pattern.compiled
        u = _subject(pattern, x)
    else:
        u = units(x)
        compiled = re.compile(re.escape(units(_text(R, pattern))))
    parts: list[Any] = []
    position = size = 0
    call = callable_(by)
    template = "" if call else to_string(R, by)
    for m in compiled.finditer(u):
        parts.append(fuse(u[position : m.start()]))
        position = m.end()
        if call:
            groups: list[Value] = [UNDEFINED if g is None else fuse(g) for g in (m[0], *m.groups())]
            named = [_match_object(R, m, x).props["groups"]] if m.re.groupindex else []
            r = R.call(by, UNDEFINED, [*groups, m.start(), x, *named], s)
            tags |= tags_of(r)
            parts.append(to_string(R, raw(r)))
        else:
            parts.append(fuse(_expand(template, m)) if isinstance(template, str) else template)
        size += len(parts[-1]) if parts[-1].__class__ is str else 0
        if size > MAX_LENGTH:
            raise Exhausted("text length")
        if not every:
            break
    parts.append(fuse(u[position:]))
    return tagged(terms.concat(parts), tags)


def replace(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _replace(R, this, args, s, every=False)


def replace_all(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _replace(R, this, args, s, every=True)


def split(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    x, a, tags, unknown = _known(R, this, args, "split", "")
    if x is None:
        t = raw(unknown)
        out = R.new_array([Rest(t)])
        return tagged(out, tags)
    separator = a[0] if a else UNDEFINED
    limit = integer(R, a[1], MAX_LENGTH) if len(a) > 1 else MAX_LENGTH
    parts: list[Value]
    if separator is UNDEFINED:
        parts = [x]
    elif isinstance(separator, JsRegExp):
        parts = _split_pattern(separator.compiled, _subject(separator, x))
    else:
        u, sep = units(x), units(_text(R, separator))
        parts = list(u) if sep == "" else [fuse(p) for p in u.split(sep)]
    return tagged(R.new_array(parts[:limit]), tags)


def _split_pattern(compiled: re.Pattern[str], x: str) -> list[Value]:
    if x == "":
        return [] if compiled.match("") else [""]
    out: list[Value] = []
    start = 0
    for m in compiled.finditer(x):
        if (m.end() == m.start() and m.start() in (0, len(x))) or (m.end() == start and m.start() == start):
            continue
        out.append(fuse(x[start : m.start()]))
        out.extend(UNDEFINED if g is None else fuse(g) for g in m.groups())
        start = m.end()
    out.append(fuse(x[start:]))
    return out


def _pattern(R: Machine, v: Value, flags: str = "") -> Any:
    return v if isinstance(v, JsRegExp) else make_regexp(R, "(?:)" if v is UNDEFINED else _text(R, v), flags)


def match(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    x, a, tags, unknown = _known(R, this, args, "match", "")
    if x is None:
        return unknown
    p = _pattern(R, a[0] if a else UNDEFINED)
    if p.compiled is None:
        return tagged(term("match", x, leaf(R, p)), tags)
    if "g" in p.flags:
        found: list[Value] = [fuse(m[0]) for m in p.compiled.finditer(_subject(p, x))]
        return tagged(R.new_array(found) if found else None, tags)
    m = p.compiled.search(_subject(p, x))
    return tagged(None if m is None else _match_object(R, m, x), tags)


def match_all(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    x, a, tags, unknown = _known(R, this, args, "matchAll", "")
    if x is None:
        return unknown
    p = _pattern(R, a[0] if a else UNDEFINED, "g")
    if p.compiled is None:
        return tagged(term("matchAll", x, leaf(R, p)), tags)
    return iterator(
        R,
        (tagged(_match_object(R, m, x), tags) for m in p.compiled.finditer(_subject(p, x))),
        "StringIterator",
    )


def search(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    x, a, tags, unknown = _known(R, this, args, "search", "number")
    if x is None:
        return unknown
    p = _pattern(R, a[0] if a else UNDEFINED)
    m = p.compiled.search(_subject(p, x)) if p.compiled is not None else None
    return tagged(-1 if m is None else m.start(), tags)


# ---------------------------------------------------------------- the String constructor


def construct(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if not args:
        return ""
    v = arg(args, 0)
    r = raw(v)
    if isinstance(r, Symbol):
        return repr(r)
    t = to_string(R, r)
    return tagged(
        term("string", t, type=STRING) if t.__class__ is Term and t.op not in ("tmpl", "string") else t,
        tags_of(v),
    )


def _from_codes(R: Machine, this: Value, a: list[Value]) -> Value:
    return fuse("".join(chr(integer(R, n) & 0xFFFF) for n in a))


def _from_points(R: Machine, this: Value, a: list[Value]) -> Value:
    points = [integer(R, n) for n in a]
    if any(not 0 <= n <= 0x10FFFF for n in points):
        raise R.error("RangeError", "Invalid code point")
    return "".join(map(chr, points))


def raw_text(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    pieces = raw(R.get(R.get(arg(args, 0), "raw", s), "length", s))
    tags = 0
    parts: list[Any] = []
    strings = R.get(arg(args, 0), "raw", s)
    for i in range(pieces if isinstance(pieces, int) else 0):
        parts.append(to_string(R, raw(R.get(strings, i, s))))
        if i + 1 < pieces and i + 1 < len(args):
            tags |= tags_of(args[i + 1])
            parts.append(to_string(R, raw(args[i + 1])))
    return tagged(terms.concat(parts), tags)


# ---------------------------------------------------------------- RegExp

_GROUP_NAME = re.compile(r"\(\?<([A-Za-z_$][\w$]*)>")


_LOWER = "a-z\xb5\xdf-\xf6\xf8-\xff\u0101-\u017f\u03ac-\u03ce\u0430-\u045f"
_UPPER = "A-Z\xc0-\xd6\xd8-\xde\u0386-\u03ab\u0400-\u042f"
_LETTERS = (
    "A-Za-z\xaa\xb5\xba\xc0-\xd6\xd8-\xf6\xf8-\u02c1\u0370-\u03ff\u0400-\u0481\u048a-\u1fff\u3041-\u31ff"
    "\u3400-\u9fff\uac00-\ud7a3\U00020000-\U0002a6df"
)
_PROPERTIES = {
    "L": _LETTERS, "Letter": _LETTERS, "Alphabetic": _LETTERS, "Ll": _LOWER, "Lowercase_Letter": _LOWER,
    "Lu": _UPPER,
    "Uppercase_Letter": _UPPER, "N": "0-9\u0660-\u0669\u0966-\u096f\uff10-\uff19",
    "Nd": "0-9\u0660-\u0669\u0966-\u096f\uff10-\uff19",
    "Script=Han": "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0002a6df",
    "Script=Latin": "A-Za-z\xaa\xba\xc0-\xd6\xd8-\xf6\xf8-\u024f", "Script=Cyrillic": "\u0400-\u052f",
    "Script=Greek": "\u0370-\u03ff", "Emoji_Presentation": "\u231a\u231b\U0001f300-\U0001faff",
}  # fmt: skip
"""The common Unicode properties, as ranges of characters (the blocks that texts use)."""


def translate(source: str, flags: str) -> str | None:
    """The pattern in the syntax of Python's `re`, or None."""
    out: list[str] = []
    i, n = 0, len(source)
    in_class = False
    unicode = "u" in flags or "v" in flags
    while i < n:
        c = source[i]
        if c == "\\":
            if i + 1 >= n:
                return None
            d = source[i + 1]
            i += 2
            if d == "u" and unicode and source[i : i + 1] == "{":
                end = source.find("}", i)
                try:
                    out.append(re.escape(chr(int(source[i + 1 : end], 16))))
                except ValueError:
                    return None
                i = end + 1
            elif d in "pP":
                end = source.find("}", i)
                name = source[i + 1 : end]
                i = end + 1
                ranges = _PROPERTIES.get(name)
                if ranges is None or (in_class and d == "P"):
                    return None
                out.append(ranges if in_class else f"[{'^' if d == 'P' else ''}{ranges}]")
            elif d == "k":
                end = source.find(">", i)
                out.append(f"(?P={source[i + 1 : end]})")
                i = end + 1
            elif d == "s":
                out.append(r"\s\ufeff\xa0" if in_class else r"[\s\ufeff\xa0]")
            elif d == "S":
                if in_class:
                    out.append(r"\S")
                else:
                    out.append(r"[^\s\ufeff\xa0]")
            elif d == "0" and not source[i : i + 1].isdigit():
                out.append(r"\x00")
            elif d == "c":
                out.append(f"\\x{ord(source[i : i + 1] or '@') % 32:02x}")
                i += 1
            elif d in "dDwWnrtfvxu" or d.isdigit() or (d in "bB" and not in_class):
                out.append("\\" + d)
            elif d == "b":
                out.append("\\x08")
            else:
                out.append(re.escape(d))
            continue
        i += 1
        if in_class:
            if c == "]":
                in_class = False
                out.append("]")
            else:
                out.append("\\" + c if c in "[&~|" else c)
        elif c == "[":
            if source.startswith("^]", i):
                out.append("[\\s\\S]")
                i += 2
            elif source.startswith("]", i):
                out.append("(?!)")
                i += 1
            else:
                in_class = True
                out.append("[")
                if source.startswith("^", i):
                    out.append("^")
                    i += 1
        elif c == ".":
            out.append("[\\s\\S]" if "s" in flags else "[^\\n\\r\\u2028\\u2029]")
        elif c == "$":
            out.append("(?=[\\n\\r\\u2028\\u2029]|\\Z)" if "m" in flags else "\\Z")
        elif c == "(":
            m = _GROUP_NAME.match(source, i - 1)
            if m is not None:
                out.append(f"(?P<{m[1].replace('$', '_')}>")
                i = m.end()
            else:
                out.append("(")
        else:
            out.append(c)
    return None if in_class else "".join(out)


_QUANTIFIER = re.compile(r"[*+]|\{\d*,\d*\}")


def input_limit(pattern: str) -> int:
    """The longest input for which backtracking stays small.

    Nested repetition takes exponential time, several repetitions in a row polynomial time.
    """
    repeats = 0
    nested = False
    stack = [False]
    i = 0
    in_class = False
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            i += 2
            continue
        if in_class:
            in_class = c != "]"
        elif c == "[":
            in_class = True
        elif c == "(":
            stack.append(False)
        elif c == ")":
            inner = stack.pop() if len(stack) > 1 else False
            if inner and _QUANTIFIER.match(pattern, i + 1):
                nested = True
            stack[-1] = stack[-1] or inner
        elif c == "|":
            stack[-1] = True
        elif _QUANTIFIER.match(pattern, i):
            repeats += 1
            stack[-1] = True
        i += 1
    if nested:
        return 20
    return 100_000 if repeats <= 1 else max(24, int(1e7 ** (1 / repeats)))


_COMPILED: dict[tuple[str, str], tuple[Any, int]] = {}


def _compile(source: str, flags: str) -> tuple[Any, int]:
    key = (source, flags)
    found = _COMPILED.get(key)
    if found is None:
        compiled = None
        text = translate(source, flags) if len(source) < 2000 else None
        if text is not None:
            options = re.ASCII if "u" not in flags and "v" not in flags else 0
            options |= (re.IGNORECASE if "i" in flags else 0) | (re.MULTILINE if "m" in flags else 0)
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    compiled = re.compile(text, options)
            except (re.error, RecursionError, OverflowError, ValueError):
                compiled = None
        if len(_COMPILED) > 4096:
            _COMPILED.clear()
        found = _COMPILED[key] = (compiled, input_limit(source))
    return found


def make_regexp(R: Machine, source: str, flags: str) -> JsRegExp:
    """A regular expression object."""
    r = JsRegExp(R.ident(), R.protos["RegExp"], source, flags)
    r.owner = R.act
    r.shared = not R.tracking
    r.compiled, r.limit = _compile(source, flags)
    if "g" in flags or "y" in flags:
        r.props["lastIndex"] = 0
    return r


def _regexp(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    source, flags = raw(arg(args, 0)), raw(arg(args, 1))
    if isinstance(source, JsRegExp):
        return make_regexp(R, source.source, source.flags if flags is UNDEFINED else _text(R, flags))
    if source.__class__ is Term or flags.__class__ is Term:
        r = make_regexp(R, "unknown", "")
        r.compiled = None
        r.props["pattern"] = source
        return r
    text = "(?:)" if source is UNDEFINED or source == "" else _text(R, source)
    text = re.sub(r"(\\.)|/", lambda m: m[1] or "\\/", text)
    r = make_regexp(R, text, "" if flags is UNDEFINED else _text(R, flags))
    if r.compiled is None and translate(text, r.flags) is None and not re.search(r"\\[pP]", text):
        raise R.error("SyntaxError", f"Invalid regular expression: /{text}/")
    return r


def _exec(R: Machine, this: Value, args: list[Value], s: int) -> tuple[re.Match[str] | Term | None, str, int]:
    """RegExpBuiltinExec: the match, none, or the term of an unknown one; the text; the tags."""
    p = raw(this)
    if not isinstance(p, JsRegExp):
        raise R.error("TypeError", "Receiver is not a RegExp")
    v = arg(args, 0)
    tags = tags_of(this) | tags_of(v)
    x = to_string(R, raw(v))
    if not isinstance(x, str) or p.compiled is None or len(x) > p.limit:
        return term("match", leaf(R, x), leaf(R, p)), "", tags
    u = _subject(p, x)
    if "g" not in p.flags and "y" not in p.flags:
        return p.compiled.search(u), x, tags
    last = raw(R.get(p, "lastIndex", s))
    start = last if isinstance(last, int) else 0
    m = None
    if start <= len(u):
        m = p.compiled.match(u, start) if "y" in p.flags else p.compiled.search(u, start)
    R.set(p, "lastIndex", 0 if m is None else m.end(), s)
    return m, x, tags


def _test(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    m, _, tags = _exec(R, this, args, s)
    return tagged(term("pred", "test", *m.args) if m.__class__ is Term else m is not None, tags)


def _run(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    m, x, tags = _exec(R, this, args, s)
    if m.__class__ is Term:
        return tagged(m, tags)
    return tagged(None if m is None else _match_object(R, m, x), tags)  # type: ignore[arg-type]


def _show(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    p = raw(this)
    return f"/{p.source}/{p.flags}" if isinstance(p, JsRegExp) else "/(?:)/"


def _flag(flag: str) -> Native:
    return lambda R, this, args, s: flag in getattr(raw(this), "flags", "")


def define(realm: Realm) -> None:
    """Adds String and RegExp to the realm."""
    proto = realm.proto("String")
    realm.methods(proto, {name: pure(name, kind, _on_text(fn)) for name, (kind, fn) in _PURE.items()})
    realm.methods(
        proto,
        {
            "concat": concat, "match": match, "matchAll": match_all, "replace": replace,
            "replaceAll": replace_all,
            "search": search, "split": split, SYMBOL_ITERATOR: iterate,
        },
    )  # fmt: skip
    realm.constructor(
        "String",
        construct,
        {
            "fromCharCode": pure("fromCharCode", "string", _from_codes),
            "fromCodePoint": pure("fromCodePoint", "string", _from_points),
            "raw": raw_text,
        },
    )
    regexp = realm.proto("RegExp")
    realm.methods(regexp, {"exec": _run, "test": _test, "toString": _show})
    realm.getter(regexp, "source", lambda R, this, args, s: getattr(raw(this), "source", UNDEFINED))
    realm.getter(regexp, "flags", lambda R, this, args, s: getattr(raw(this), "flags", UNDEFINED))
    for key, flag in (
        ("global", "g"),
        ("ignoreCase", "i"),
        ("multiline", "m"),
        ("sticky", "y"),
        ("unicode", "u"),
    ):
        realm.getter(regexp, key, _flag(flag))
    realm.constructor("RegExp", _regexp)


def _on_text(fn: Any) -> Any:
    def on(R: Machine, this: Value, args: list[Value]) -> Value:
        if this is UNDEFINED or this is None:
            raise R.error("TypeError", "String.prototype method called on null or undefined")
        x = this if isinstance(this, str) else to_string(R, this)
        return fn(R, x, args) if isinstance(x, str) else NotImplemented

    return on
