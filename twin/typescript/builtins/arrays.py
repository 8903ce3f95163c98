"""Array and its prototype (ECMA-262 section 23.1), over arrays that may hold unknown runs of elements.

Rules: a shared array is read and written through the machine, once per operation; callbacks run on known
elements and on `UNROLL` elements of an unknown run; a search in an unknown run gives one element named by
the predicate, so that two searches with equal predicates find the same one. Holes are `undefined`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cmp_to_key
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.builtins._base import (
    Realm,
    arg,
    callable_,
    clamp,
    deep,
    element_type,
    holds,
    integer,
    iterator,
    leaf,
    make,
    to_string,
)
from krepis.twin.typescript.values import (
    FROM,
    MAX_LENGTH,
    SYMBOL_ASYNC_ITERATOR,
    SYMBOL_ITERATOR,
    UNDEFINED,
    JsArray,
    JsGenerator,
    JsMap,
    JsObject,
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


def unroll() -> int:
    """Elements of an unknown run that callbacks see."""
    from krepis.twin.typescript.machine import UNROLL

    return UNROLL


def as_array(R: Machine, this: Value) -> JsArray:
    """The receiver of an array method as an array; unknown receivers are one unknown run."""
    r = raw(this)
    if isinstance(r, JsArray):
        return r
    if r.__class__ is Term:
        a = R.new_array([Rest(r)])
        a.types = r.type
        return a
    if isinstance(r, str):
        return R.new_array(list(r))
    if isinstance(r, JsObject):
        n = raw(R.get(r, "length", 0))
        count = min(integer(R, n), MAX_LENGTH) if n.__class__ is not Term else 0
        return R.new_array([R.get(r, str(i), 0) for i in range(count)])
    raise R.error("TypeError", "Array.prototype method called on null or undefined")


def read(R: Machine, this: Value, s: int) -> tuple[JsArray, list[Value], int]:
    """The array, its elements, and what they depend on."""
    a = as_array(R, this)
    items = R.array_read(a, s)
    return a, items, tags_of(this) | tags_of(R.array_tag(a)) | tags_of(a.props.get(FROM, UNDEFINED))


def has_rest(items: list[Value]) -> bool:
    """Whether there is an unknown run among the elements."""
    return Rest in map(type, items)


def writable(R: Machine, a: JsArray) -> None:
    """Throws for a frozen array."""
    if a.frozen is True:
        raise R.error("TypeError", "Cannot change a frozen array")


def derived(R: Machine, a: JsArray, items: list[Value], tags: int, *, typed: bool = True) -> Value:
    """A new array made from `a`."""
    out = R.new_array(items)
    if typed:
        out.types = a.types
    return tagged(out, tags)


def elements(
    R: Machine, a: JsArray, items: list[Value], s: int, *, backwards: bool = False
) -> Iterator[tuple[int, Value]]:
    """Index and value of each element, live: bounds are those of the start, values those of the moment."""
    typed = element_type(R, a)
    n = len(items)
    offset = 0
    for i in range(n - 1, -1, -1) if backwards else range(n):
        live = a.items
        if i >= len(live):
            continue
        item = live[i]
        if item.__class__ is Rest:
            for k in item.positions(unroll()):
                yield i + offset + k, R.unknown(term("elem", item.term, k, type=typed), typed)
            offset += unroll() - 1
        else:
            yield i + offset, item


def _callback(R: Machine, args: list[Value]) -> tuple[Value, Value]:
    f = arg(args, 0)
    if not callable_(f):
        raise R.error("TypeError", f"{terms.to_text(raw(f))} is not a function")
    return f, arg(args, 1)


# ---------------------------------------------------------------- iteration


def for_each(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    f, receiver = _callback(R, args)
    for i, v in elements(R, a, items, s):
        R.call(f, receiver, [tagged(v, t), i, a], s)
    return UNDEFINED


def map_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    f, receiver = _callback(R, args)
    out = [R.call(f, receiver, [tagged(v, t), i, a], s) for i, v in elements(R, a, items, s)]
    return derived(R, a, out, t, typed=False)


def _lambda(R: Machine, a: JsArray, rest: Rest, f: Value, receiver: Value, i: int, t: int, s: int) -> tuple[Value, int]:
    """The answer of a predicate for a generic element of an unknown run: what names the predicate."""
    typed = element_type(R, a)
    v = R.call(f, receiver, [tagged(R.unknown(term("elem", rest.term, 0, type=typed), typed), t), i, a], s)
    return R.canon(leaf(R, v)), tags_of(v)


def filter_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    f, receiver = _callback(R, args)
    out: list[Value] = []
    for i, v in enumerate(list(items)):
        if v.__class__ is Rest:
            p, extra = _lambda(R, a, v, f, receiver, i, t, s)
            t |= extra
            if p is True or p == "function":
                out.append(v)
            elif p.__class__ is Term:
                out.append(Rest(term("filter", v.term, p)))
            elif not (p is False or p is None or p is UNDEFINED or p in (0, "")):
                out.append(v)
            continue
        if i >= len(a.items):
            break
        v = a.items[i]
        keep, extra = holds(R, R.call(f, receiver, [tagged(v, t), i, a], s), s)
        t |= extra
        if keep:
            out.append(v)
    return derived(R, a, out, t)


def _search(R: Machine, this: Value, args: list[Value], s: int, *, backwards: bool = False) -> tuple[Value, Value]:
    """The element that a predicate finds, and its index (-1 for none)."""
    a, items, t = read(R, this, s)
    f, receiver = _callback(R, args)
    snapshot = list(items)
    for i in range(len(snapshot) - 1, -1, -1) if backwards else range(len(snapshot)):
        v = snapshot[i]
        if v.__class__ is Rest:
            p, extra = _lambda(R, a, v, f, receiver, i, t, s)
            t |= extra
            if p is False or p is None or p is UNDEFINED:
                continue
            typed = element_type(R, a)
            if R.ask(term("exists", v.term, p)):
                found = term("find", v.term, p, type=typed)
                return tagged(R.unknown(found, typed), t), tagged(term("findIndex", v.term, p), t)
            continue
        v = a.items[i] if i < len(a.items) else UNDEFINED
        ok, extra = holds(R, R.call(f, receiver, [tagged(v, t), i, a], s), s)
        t |= extra
        if ok:
            return tagged(v, t), tagged(i, t)
    return tagged(UNDEFINED, t), tagged(-1, t)


def find(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _search(R, this, args, s)[0]


def find_index(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _search(R, this, args, s)[1]


def find_last(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _search(R, this, args, s, backwards=True)[0]


def find_last_index(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _search(R, this, args, s, backwards=True)[1]


def _quantifier(R: Machine, this: Value, args: list[Value], s: int, wanted: bool) -> Value:
    """`some` (wanted True) and `every` (wanted False): the first element that decides."""
    a, items, t = read(R, this, s)
    f, receiver = _callback(R, args)
    open_: Term | None = None
    for i, v in enumerate(list(items)):
        if v.__class__ is Rest:
            p, extra = _lambda(R, a, v, f, receiver, i, t, s)
            t |= extra
            if p.__class__ is Term or bool(p) is wanted:
                open_ = term("pred", "some" if wanted else "every", v.term, p)
            continue
        if i >= len(a.items):
            break
        ok, extra = holds(R, R.call(f, receiver, [tagged(a.items[i], t), i, a], s), s)
        t |= extra
        if ok is wanted:
            return tagged(wanted, t)
    return tagged(not wanted if open_ is None else open_, t)


def some(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _quantifier(R, this, args, s, True)


def every(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _quantifier(R, this, args, s, False)


def _fold(R: Machine, this: Value, args: list[Value], s: int, *, backwards: bool) -> Value:
    a, items, t = read(R, this, s)
    f = _callback(R, args)[0]
    stream = elements(R, a, items, s, backwards=backwards)
    if len(args) > 1:
        acc = args[1]
    else:
        first = next(stream, None)
        if first is None:
            raise R.error("TypeError", "Reduce of empty array with no initial value")
        acc = tagged(first[1], t)
    for i, v in stream:
        acc = R.call(f, UNDEFINED, [acc, tagged(v, t), i, a], s)
    return tagged(acc, t)


def reduce(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _fold(R, this, args, s, backwards=False)


def reduce_right(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _fold(R, this, args, s, backwards=True)


# ---------------------------------------------------------------- search by value


def _index_of(R: Machine, this: Value, args: list[Value], s: int, op: str) -> tuple[Any, int]:
    """Index of a value, -1, a term when only the world knows; and the tags."""
    _, items, t = read(R, this, s)
    wanted = arg(args, 0)
    t |= tags_of(wanted)
    start = integer(R, raw(arg(args, 1)))
    n = len(items)
    order = range(n - 1, -1, -1) if op == "lastIndexOf" else range(clamp(start, n) if start.__class__ is int else 0, n)
    w = raw(wanted)
    for i in order:
        v = items[i]
        if v.__class__ is Rest:
            return term("pred", "includes", v.term, leaf(R, w)) if op == "includes" else term(op, v.term, leaf(R, w)), t
        t |= tags_of(v)
        v = raw(v)
        if v is w and not (isinstance(w, float) and w != w and op != "includes"):
            return i, t
        if op == "includes" and isinstance(w, float) and w != w:
            if isinstance(v, float) and v != v:
                return i, t
        elif R.equal(v, w):
            return i, t
    return -1, t


def index_of(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    i, t = _index_of(R, this, args, s, "indexOf")
    return tagged(i, t)


def last_index_of(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    i, t = _index_of(R, this, args, s, "lastIndexOf")
    return tagged(i, t)


def includes(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    i, t = _index_of(R, this, args, s, "includes")
    return tagged(i if i.__class__ is Term else i >= 0, t)


# ---------------------------------------------------------------- changes


def push(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a = as_array(R, this)
    writable(R, a)
    if R._tracked(a):
        _, items, t = read(R, a, s)
        new = items + args
        R.array_write(a, new, s, t | deep(R, args))
        return tagged(R._length(new), t)
    a.items.extend(args)
    return R._length(a.items)


def unshift(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    writable(R, a)
    new = args + items
    R.array_write(a, new, s, t | deep(R, args))
    return tagged(R._length(new), t)


def _take(R: Machine, this: Value, s: int, *, last: bool) -> Value:
    """`pop` and `shift`; at most `UNROLL` elements are taken from an unknown run before it is found empty."""
    a, items, t = read(R, this, s)
    writable(R, a)
    left = list(items)
    typed = element_type(R, a)
    while left:
        at = len(left) - 1 if last else 0
        item = left[at]
        if item.__class__ is not Rest:
            del left[at]
            R.array_write(a, left, s, t)
            return tagged(item, t)
        begun = item.term.op == "rest" and len(item.term.args) == 2  # else it is all of something unknown
        taken, base = (item.term.args[1], item.term.args[0]) if begun else (0, item.term)
        if not isinstance(taken, int) or taken >= unroll() or R.ask(R._seq_term(term("length", item.term), 0), False):
            del left[at]
            continue
        left[at] = Rest(term("rest", base, taken + 1))
        R.array_write(a, left, s, t)
        key: Any = ("last", taken) if last else taken
        return tagged(R.unknown(term("elem", base, key, type=typed), typed), t)
    if items:
        R.array_write(a, left, s, t)
    return tagged(UNDEFINED, t)


def pop(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _take(R, this, s, last=True)


def shift(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return _take(R, this, s, last=False)


def _cut(
    R: Machine, a: JsArray, items: list[Value], start: Any, count: Any
) -> tuple[list[Value], list[Value], int] | None:
    """What is taken from `start`, what is left, and where; None if unknown. `count` None: to the end."""
    n = len(items)
    known = n
    for i, v in enumerate(items):
        if v.__class__ is Rest:
            known = i
            break
    if start.__class__ is Term or count.__class__ is Term:
        return None
    if known == n:
        at = clamp(start, n)
        stop = n if count is None else min(n, at + max(0, count))
    elif 0 <= start <= known and (count is None or start + max(0, count) <= known):
        at = start
        stop = n if count is None else at + max(0, count)
    else:
        return None
    return items[at:stop], items[:at] + items[stop:], at


def splice(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    writable(R, a)
    t |= deep(R, args[:2])
    if not args:
        return derived(R, a, [], t)
    start = integer(R, raw(arg(args, 0)))
    count = None if len(args) == 1 else integer(R, raw(arg(args, 1)))
    new = args[2:]
    items = list(items)
    cut = _cut(R, a, items, start, count)
    if cut is not None:
        removed, left, at = cut
        R.array_write(a, left[:at] + new + left[at:], s, t | deep(R, new))
        return derived(R, a, removed, t)
    base = next((i.term for i in items if i.__class__ is Rest), None)
    typed = element_type(R, a)
    if base is None:
        base = term("of", a.ident, R.snapshot(items, 2))
        R.array_write(a, [Rest(term("spliced", base, start, 0 if count is None else count)), *new], s, t | deep(R, new))
    else:
        gone = Rest(term("spliced", base, start, R.canon(0 if count is None else count)))
        first = next(i for i, v in enumerate(items) if v.__class__ is Rest)
        R.array_write(a, [*items[:first], gone, *items[first + 1 :], *new], s, t | deep(R, new))
    if count == 1:
        return derived(R, a, [R.unknown(term("elem", base, start, type=typed), typed)], t)
    return derived(
        R,
        a,
        [Rest(term("slice", base, start, UNDEFINED if count is None else count))] if count != 0 else [],
        t,
    )


def reverse(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    writable(R, a)
    R.array_write(a, list(reversed(items)), s, t)
    return this


def fill(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    writable(R, a)
    n = len(items)
    start = integer(R, raw(arg(args, 1)))
    end = integer(R, raw(arg(args, 2)), n)
    if start.__class__ is Term or end.__class__ is Term:
        return this
    lo, hi = clamp(start, n), clamp(end, n)
    value = arg(args, 0)
    R.array_write(
        a,
        [value if lo <= i < hi and v.__class__ is not Rest else v for i, v in enumerate(items)],
        s,
        t | deep(R, [value]),
    )
    return this


def copy_within(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    writable(R, a)
    n = len(items)
    target, start = integer(R, raw(arg(args, 0))), integer(R, raw(arg(args, 1)))
    end = integer(R, raw(arg(args, 2)), n)
    if Term in (target.__class__, start.__class__, end.__class__):
        return this
    to, lo, hi = clamp(target, n), clamp(start, n), clamp(end, n)
    out = list(items)
    for k, v in enumerate(items[lo:hi]):
        if to + k < n:
            out[to + k] = v
    R.array_write(a, out, s, t)
    return this


def _sorted(R: Machine, items: list[Value], f: Value, s: int) -> tuple[list[Value], int]:
    """Stable sort, and the tags of what was compared; unknown values are put into one order."""
    tags = 0
    comparator = raw(f)

    def by_call(x: Value, y: Value) -> int:
        nonlocal tags
        r = R.call(comparator, UNDEFINED, [x, y], s)
        tags |= tags_of(r)
        n = terms.to_number(raw(r))
        if n.__class__ is Term:
            back = terms.to_number(raw(R.call(comparator, UNDEFINED, [y, x], s)))
            return _order(R, n, back)
        return 0 if n != n else (-1 if n < 0 else 1 if n > 0 else 0)

    def by_text(x: Value, y: Value) -> int:
        p, q = to_string(R, raw(x)), to_string(R, raw(y))
        if p.__class__ is Term or q.__class__ is Term:
            return _order(R, p, q)
        if p == q:
            return 0
        return -1 if _utf16(p) < _utf16(q) else 1

    last = [v for v in items if raw(v) is UNDEFINED]
    rests: list[Value] = [Rest(term("sort", v.term)) for v in items if v.__class__ is Rest]
    known = [v for v in items if v.__class__ is not Rest and raw(v) is not UNDEFINED]
    known.sort(key=cmp_to_key(by_call if comparator is not UNDEFINED else by_text))
    return known + rests + last, tags


def _order(R: Machine, p: Value, q: Value) -> int:
    """An arbitrary but total order on unknown values: the same values sort alike in every call."""
    a, b = terms.sort_key(R.canon(p)), terms.sort_key(R.canon(q))
    return -1 if a < b else 1 if a > b else 0


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def sort(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    writable(R, a)
    new, extra = _sorted(R, list(items), arg(args, 0), s)
    R.array_write(a, new, s, t | extra)
    return this


def to_sorted(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    new, extra = _sorted(R, list(items), arg(args, 0), s)
    return derived(R, a, new, t | extra)


def to_reversed(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    return derived(R, a, list(reversed(items)), t)


def to_spliced(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    copy = derived(R, a, list(items), t)
    splice(R, raw(copy), args, s)
    return copy


def with_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    copy = list(items)
    i = integer(R, raw(arg(args, 0)))
    if i.__class__ is not Term:
        if not -len(copy) <= i < len(copy):
            raise R.error("RangeError", "Invalid index")
        copy[i] = arg(args, 1)
    return derived(R, a, copy, t)


# ---------------------------------------------------------------- parts and texts


def slice_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    start, end = integer(R, raw(arg(args, 0))), raw(arg(args, 1))
    t |= deep(R, args[:2])
    stop = None if end is UNDEFINED else integer(R, end)
    items = list(items)
    if not has_rest(items) and start.__class__ is not Term and stop.__class__ is not Term:
        n = len(items)
        return derived(R, a, items[clamp(start, n) : n if stop is None else clamp(stop, n)], t)
    count = (
        None
        if stop is None
        else stop - start
        if stop.__class__ is int and stop >= 0 and start.__class__ is int
        else term("count", stop)
    )
    cut = _cut(R, a, items, start, count)
    if cut is not None:
        return derived(R, a, cut[0], t)
    base = next((i.term for i in items if i.__class__ is Rest), None) or term("of", a.ident, R.snapshot(items, 2))
    return derived(R, a, [Rest(term("slice", base, start, end))], t)


def concat(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    out = list(items)
    for v in args:
        r = v if v.__class__ is Rest else raw(v)
        if isinstance(r, JsArray):
            _, more, extra = read(R, v, s)
            t |= extra
            out.extend(more)
        elif r.__class__ is Term and R.program.kind_of(r.type) != "primitive":
            t |= tags_of(v)
            out.append(Rest(r))
        else:
            out.append(v)
    return derived(R, a, out, t)


def join(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    joining: set[int] = R.singletons.setdefault("joining", set())
    if id(a) in joining:  # a cycle
        return ""
    joining.add(id(a))
    try:
        return _joined(R, items, t, args)
    finally:
        joining.discard(id(a))


def _joined(R: Machine, items: list[Value], t: int, args: list[Value]) -> Value:
    given = arg(args, 0)
    t |= tags_of(given)
    sep = "," if raw(given) is UNDEFINED else to_string(R, raw(given))
    parts: list[Any] = []
    for i, v in enumerate(items):
        if i:
            parts.append(sep)
        if v.__class__ is Rest:
            parts.append(term("join", v.term, sep))
            continue
        t |= tags_of(v)
        v = raw(v)
        parts.append("" if v is None or v is UNDEFINED else to_string(R, v))
    return tagged(terms.concat(parts), t)


def to_text(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return join(R, this, [], s)


def at(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    r = raw(this)
    i = integer(R, raw(arg(args, 0)))
    if isinstance(r, JsArray) and i.__class__ is int and i < 0:
        a, items, t = read(R, this, s)
        if not has_rest(items[i:]):
            return tagged(items[i] if -i <= len(items) else UNDEFINED, t)
        base = next(v.term for v in reversed(items) if v.__class__ is Rest)
        typed = element_type(R, a)
        return tagged(R.unknown(term("elem", base, i, type=typed), typed), t)
    return R.get(this, i, s)


def _flatten(R: Machine, items: list[Value], depth: int, s: int) -> tuple[list[Value], int]:
    out: list[Value] = []
    t = 0
    for v in items:
        r = v if v.__class__ is Rest else raw(v)
        if depth > 0 and isinstance(r, JsArray):
            _, inner, extra = read(R, v, s)
            flat, more = _flatten(R, inner, depth - 1, s)
            t |= extra | more
            out.extend(flat)
        elif depth > 0 and r.__class__ is Term and R.program.kind_of(r.type) != "primitive":
            t |= tags_of(v)
            out.append(Rest(r))
        elif r.__class__ is Rest and depth > 0:
            out.append(Rest(term("flat", r.term)))
        else:
            out.append(v)
    return out, t


def flat(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, items, t = read(R, this, s)
    depth = integer(R, raw(arg(args, 0)), 1)
    out, extra = _flatten(R, items, min(depth, 50) if depth.__class__ is int else 1, s)
    return derived(R, a, out, t | extra, typed=False)


def flat_map(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    mapped = map_(R, this, args, s)
    out, extra = _flatten(R, raw(mapped).items, 1, s)
    return tagged(R.new_array(out), tags_of(mapped) | extra)


def keys(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    a, _, t = read(R, this, s)

    def run() -> Iterator[Value]:
        i = 0
        while i < len(a.items):
            yield tagged(i, t)
            i += 1

    return iterator(R, run(), "ArrayIterator")


def values(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return iterator(R, R._iter_array(as_array(R, this), tags_of(this), s), "ArrayIterator")


def entries(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    source = R._iter_array(as_array(R, this), tags_of(this), s)
    return iterator(R, (R.new_array([i, v]) for i, v in enumerate(source)), "ArrayIterator")


# ---------------------------------------------------------------- the constructor


def construct(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    if len(args) == 1 and args[0].__class__ is not Rest:
        n = raw(args[0])
        if isinstance(n, int | float) and not isinstance(n, bool):
            if not 0 <= n < 2**32 or n != int(n):
                raise R.error("RangeError", "Invalid array length")
            return R.new_array([UNDEFINED] * min(int(n), MAX_LENGTH))
        if n.__class__ is Term:
            return tagged(R.new_array([UNDEFINED] * unroll()), tags_of(args[0]))
    return R.new_array(list(args))


def _sequence(R: Machine, source: Value, s: int) -> tuple[list[Value], int]:
    """What `Array.from` takes from an iterable, an array-like or something unknown."""
    r = raw(source)
    t = tags_of(source)
    if isinstance(r, JsArray):
        _, items, t = read(R, source, s)
        return list(items), t
    if r.__class__ is Term:
        return [Rest(r)], t
    if isinstance(r, str | JsMap | JsGenerator) or (isinstance(r, JsObject) and R._finds(r, SYMBOL_ITERATOR)):
        return list(R.iter(source, s)), t
    if isinstance(r, JsObject):
        n = R.get(source, "length", s)
        t |= tags_of(n)
        count = raw(n)
        if count.__class__ is Term:
            return [UNDEFINED] * unroll(), t
        return [R.get(r, str(i), s) for i in range(min(max(0, integer(R, count)), MAX_LENGTH))], t
    if r is None or r is UNDEFINED:
        raise R.error("TypeError", "object is not iterable")
    return [], t


def from_(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    items, t = _sequence(R, arg(args, 0), s)
    f = arg(args, 1)
    source = R.new_array(items)
    r = raw(arg(args, 0))
    source.types = r.type if r.__class__ is Term else r.types if isinstance(r, JsArray) else None
    if raw(f) is UNDEFINED:
        return tagged(source, t)
    out = [R.call(f, UNDEFINED, [tagged(v, t), i], s) for i, v in elements(R, source, items, s)]
    return tagged(R.new_array(out), t)


def from_async(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    from krepis.twin.typescript.builtins.generators import run_async

    source, f = arg(args, 0), arg(args, 1)

    def body() -> Any:
        out: list[Value] = []
        r = raw(source)
        if (
            isinstance(r, JsObject) and (isinstance(r, JsGenerator) or R._finds(r, SYMBOL_ASYNC_ITERATOR))
        ) or r.__class__ is Term:
            it = R.aiter(source, s)
            while True:
                step = yield (0, R.anext(it), s)
                if R.truth(R.get(step, "done", s), s):
                    break
                v = R.avalue(step)
                if raw(f) is not UNDEFINED:
                    v = yield (0, R.call(f, UNDEFINED, [v, len(out)], s), s)
                out.append(v)
        else:
            for item in _sequence(R, source, s)[0]:
                v = yield (0, item, s)
                if raw(f) is not UNDEFINED:
                    v = yield (0, R.call(f, UNDEFINED, [v, len(out)], s), s)
                out.append(v)
        return R.new_array(out)

    return run_async(R, body(), s)


def is_array(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    v = arg(args, 0)
    r = raw(v)
    if r.__class__ is Term:
        kind = R.program.kind_of(r.type)
        if R._is_text(r) or r.op in ("lin", "length", "fresh", "now"):
            kind = "primitive"
        return tagged(kind == "array" if kind is not None else make(R, "isArray", "pred", [r]), tags_of(v))
    return isinstance(r, JsArray)


def of(R: Machine, this: Value, args: list[Value], s: int) -> Value:
    return R.new_array(list(args))


METHODS = {
    "at": at, "concat": concat, "copyWithin": copy_within, "entries": entries, "every": every, "fill": fill,
    "filter": filter_, "find": find, "findIndex": find_index, "findLast": find_last,
    "findLastIndex": find_last_index,
    "flat": flat, "flatMap": flat_map, "forEach": for_each, "includes": includes, "indexOf": index_of,
    "join": join,
    "keys": keys, "lastIndexOf": last_index_of, "map": map_, "pop": pop, "push": push, "reduce": reduce,
    "reduceRight": reduce_right, "reverse": reverse, "shift": shift, "slice": slice_, "some": some,
    "sort": sort,
    "splice": splice, "toLocaleString": to_text, "toReversed": to_reversed, "toSorted": to_sorted,
    "toSpliced": to_spliced, "toString": to_text, "unshift": unshift, "values": values, "with": with_,
    SYMBOL_ITERATOR: values,
}  # fmt: skip


def define(realm: Realm) -> None:
    """Adds Array to the realm."""
    realm.methods(realm.proto("Array"), METHODS)
    realm.constructor("Array", construct, {"from": from_, "fromAsync": from_async, "isArray": is_array, "of": of})
