"""Which values of two calls coincide: argument patterns, and terms rewritten so that equal values are equal terms.

Strategy: the leaves of a term are the arguments of calls. A pattern says which leaves of a later call are those
of the first; rewriting the others' leaves to the first call's makes the same values the same terms.
Deliberately absent: any state of an execution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from krepis.twin.typescript import terms
from krepis.twin.typescript.values import Term, V, Value, term


class Pattern:
    """Which leaves of the arguments of a later call differ from those of the first, and which every other call swaps.

    `keys` says by which arguments the calls look into a container: what iterates over it may meet those keys.
    `ceilings` are counts that no call leaves above what the program starts with.
    """

    __slots__ = ("ceilings", "different", "keys", "name", "same", "swapped")

    def __init__(
        self,
        name: str,
        different: frozenset[str] | None = frozenset(),
        swapped: dict[str, str] | None = None,
        same: frozenset[str] = frozenset(),
    ) -> None:
        self.name = name
        self.different = different
        self.swapped = swapped or {}
        self.same = same
        self.keys: dict[Any, tuple[str, ...]] = {}
        self.ceilings: frozenset[Any] = frozenset()


def path_of(t: Term) -> str | None:
    """`dto.from` for a property path that starts at an argument, or at what one was parsed to (`~json(body).from`)."""
    if t.op == "arg":
        return str(t.args[1])
    if t.op == "." and t.args[0].__class__ is Term and isinstance(t.args[1], str):
        base = path_of(t.args[0]) or _parsed(t.args[0])
        return None if base is None else f"{base}.{t.args[1]}"
    if t.op == "call" and t.call >= 0 and len(t.args) == 3 and isinstance(t.args[2], str):
        base = path_of(t.args[1]) if t.args[1].__class__ is Term else None
        return None if base is None else f"{base}.{t.args[0].split('.')[-1]}({t.args[2]})"
    return None


def is_parsed(path: str) -> bool:
    """Whether a path starts at what an argument was parsed to, so that `leaf` cannot make it."""
    return path.startswith(_PARSED)


def _parsed(t: Any) -> str | None:
    """The name of what one argument and nothing else was read, parsed or validated to."""
    if t.__class__ is not Term:
        found = [name for name in map(_parsed, t) if name] if t.__class__ in (tuple, frozenset) else []
        return found[0] if len(set(found)) == 1 else None
    if t.call < 0:
        return None
    whole = path_of(t)
    if whole is not None:
        return whole
    name = t.args[0].rsplit(".", 1)[-1] if t.op == "call" and isinstance(t.args[0], str) else t.op
    if name not in _PARSERS:
        return None
    source = _parsed(t.args)
    return None if source is None else f"{_PARSED}{name}({source.removeprefix(_PARSED)})"


_PARSED = "~"
_PARSERS = frozenset(
    {"json", "await", "body", "formData", "text", "fromEntries", "cast", "decode", "unmarshall", "plainToInstance"}
    | {"parse", "parseAsync", "safeParse", "safeParseAsync", "parseBody", "readBody", "readValidatedBody"}
    | {"valid", "validate", "validateAsync", "validateSync", "validated"}
)
"""Functions and methods of which the fields of the result are those of what they are given."""


def leaf(path: str, call: int = 0) -> Term:
    """The argument of a call that a path names."""
    first, *others = path.split(".")
    t = term("arg", call, first)
    for name in others:
        if name.endswith(")"):
            method, _, argument = name[:-1].partition("(")
            t = term("call", f"{first}.{method}", t, argument)
        else:
            t = term(".", t, name)
    return t


def counterparts(a: Term, b: Term) -> bool:
    """Whether these are the same part of the arguments of two calls: a pattern says whether they are equal."""
    return a.call != b.call and a.call >= 0 and b.call >= 0 and _moved(a, b.call, {}) is b and _given(a)


def _given(t: Any) -> bool:
    """Whether a value is made of arguments, and of nothing that was looked up by them."""
    return t.__class__ is not Term or (t.op in _PARTS and all(map(_given, t.args)))


_PARTS = frozenset(["arg", ".", "await", "tmpl"])


def _within(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith((prefix + ".", prefix + "["))


class Canonical:
    """Rewrites the values of later calls under a pattern; `of` is what it is for."""

    __slots__ = ("memo", "pattern")

    def __init__(self, pattern: Pattern) -> None:
        self.pattern = pattern
        self.memo: dict[Term, Any] = {}

    def of(self, t: Value) -> Value:
        """The value with the leaves of later calls replaced by those of the first where they are the same."""
        c = t.__class__
        if c is V:
            t = t.v
            c = t.__class__
        if c is tuple:
            return tuple([self.of(a) for a in t])
        if c is frozenset:
            return frozenset([self.of(a) for a in t])
        if c is not Term or t.call <= 0:
            return t
        found = self.memo.get(t)
        if found is None:
            found = self.memo[t] = self._rewritten(t)
        return found

    def _rewritten(self, t: Term) -> Any:
        path = path_of(t)
        pattern = self.pattern
        if path is not None and path in pattern.swapped and t.call % 2:
            other = pattern.swapped[path]
            return term(".", _moved(t.args[0], 0, {}), other.rsplit(".", 1)[1]) if is_parsed(other) else leaf(other)
        if path is not None and path in pattern.same:
            return _moved(t, 0, {})
        if path is not None and (pattern.different is None or any(_within(path, d) for d in pattern.different)):
            return t
        if t.op == "arg":
            return term("arg", 0, t.args[1])
        return _rebuilt(t, self.of)


def _rebuilt(t: Term, of: Any) -> Any:
    """A term over rewritten arguments."""
    if t.op == "lin":
        value: Any = t.args[0]
        for part, factor in t.args[1]:
            value = terms.add(value, terms.scale(of(part), factor))
        return value
    return term(t.op, *[of(a) for a in t.args])


Touched = tuple[Iterable[Any], Iterable[Any]]


def meeting(first: Touched, second: Touched) -> Callable[[Pattern], bool]:
    """Tells under which patterns one call may read what the other writes.

    Each is given as the locations that it (reads, writes) as the first call alone.
    """
    (reads, writes), (others, rivals) = (_overlapping(touched, call) for call, touched in enumerate((first, second)))

    def under(pattern: Pattern) -> bool:
        canon = Canonical(pattern).of
        seen, made = set(map(canon, others)), set(map(canon, rivals))
        return bool(writes & seen or made & reads or {x for x in writes & made if x[0] == "lock"})

    return under


def _overlapping(touched: Touched, call: int) -> tuple[set[Any], set[Any]]:
    memo: dict[Term, Any] = {}
    reads, writes = ([_moved(loc, call, memo) for loc in locs] for locs in touched)
    return {_part(loc) for loc in reads}, {part(loc) for loc in writes for part in (_part, _whole)}


def _part(loc: Any) -> Any:
    """A location as coarse as reads and writes of it may overlap."""
    kind = loc[0]
    if kind == "row":
        return loc[:3]
    if kind == "table" or kind == "keys":
        return loc[:2]
    return loc[:2] if kind == "field" else loc


def _whole(loc: Any) -> Any:
    """What a write to a location is noticed by, too: a look at the whole that it is part of."""
    kind = {"row": "table", "entry": "keys"}.get(loc[0])
    return _part(loc) if kind is None else (kind, loc[1])


def _moved(x: Any, call: int, memo: dict[Term, Any]) -> Any:
    """A value of the first call as the call number `call` has it."""
    if x.__class__ is Term:
        if x.call < 0:
            return x
        found = memo.get(x)
        if found is None:
            of = partial(_moved, call=call, memo=memo)
            found = memo[x] = term("arg", call, x.args[1]) if x.op == "arg" else _rebuilt(x, of)
        return found
    if x.__class__ is tuple:
        if len(x) == 2 and x[0].__class__ is tuple and x[0] and x[0][0].__class__ is int and x[0][0] >= 0:
            return (call, *x[0][1:]), x[1]  # the identity of something that the call made
        return tuple([_moved(y, call, memo) for y in x])
    return frozenset([_moved(y, call, memo) for y in x]) if x.__class__ is frozenset else x
