"""Values of the simulated JavaScript heap, and the terms that stand for unknown data.

Strategy: plain JavaScript primitives are plain Python values, so that the common case costs nothing;
unknown data are hash-consed Herbrand terms (Baader and Nipkow, Term Rewriting and All That, ch. 3);
a value that depends on reads of shared state is wrapped in `V`, which carries those reads as a bitmask.
Nothing here knows about scheduling, and nothing here decides a question about a term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from krepis.twin.typescript.code import FunctionCode

Value = Any
"""Any simulated JavaScript value: a Python primitive, a `Term`, a `JsObject`, or a `V` around one."""


class Undefined:
    """The type of the single value `undefined`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "undefined"


UNDEFINED = Undefined()


class BigInt(int):
    """A bigint; its own type, so that `1n` and `1` are told apart."""

    __slots__ = ()


class Symbol:
    """A JavaScript symbol; well-known ones are shared by name."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"Symbol({self.name})"


SYMBOL_ITERATOR = Symbol("Symbol.iterator")
SYMBOL_ASYNC_ITERATOR = Symbol("Symbol.asyncIterator")
SYMBOL_DISPOSE = Symbol("Symbol.dispose")
SYMBOL_ASYNC_DISPOSE = Symbol("Symbol.asyncDispose")
SYMBOL_TO_PRIMITIVE = Symbol("Symbol.toPrimitive")
SYMBOL_HAS_INSTANCE = Symbol("Symbol.hasInstance")
SYMBOL_TO_STRING_TAG = Symbol("Symbol.toStringTag")

NEW = Symbol("new")
"""The receiver of a native constructor."""


class Term:
    """A hash-consed Herbrand term `op(args...)`: equal terms are the same object.

    `shared` holds when the term names something reachable from shared state (an initial content or an
    injected service), so that writes through it are visible to every call. `type` is what the program's
    annotations say of it; it plays no part in identity. `base` is what it is a part of, ultimately.
    """

    __slots__ = ("args", "base", "call", "op", "order", "shared", "type")

    op: str
    args: tuple[Any, ...]
    base: Term
    shared: bool
    call: int
    type: Any
    order: str | None

    def __repr__(self) -> str:
        return show_term(self)


_TERMS: dict[tuple[Any, ...], Term] = {}
_class_of = type  # which `term` has as a parameter
_PATHS = frozenset({".", "elem", "await", "entry", "rest", "find", "filter", "slice", "sort"})


def term(op: str, *args: Any, type: Any = None) -> Term:
    """The one term `op(args...)`; constants in `args` are told apart by their type."""
    key: tuple[Any, ...]
    if len(args) == 2:
        a, b = args
        key = (op, a, b, a.__class__, b.__class__)
    elif len(args) == 1:
        (a,) = args
        key = (op, a, a.__class__)
    else:
        key = (op, args, tuple(map(_class_of, args)))
    found = _TERMS.get(key)
    if found is None:
        found = Term()
        found.op = op
        found.args = args
        found.type = type
        found.order = None
        base = args[0] if args and op in _PATHS else None
        found.base = base.base if base.__class__ is Term else found
        found.shared = op in ("init", "dep") or (base.__class__ is Term and base.shared)
        found.call = -1
        if op == "arg":
            found.call = args[0]
        else:
            found.call = _call_of(args)
        _TERMS[key] = found
    elif type is not None and found.type is None:
        found.type = type
    return found


def made(op: str, a: Any, b: Any) -> Term | None:
    """The term `op(a, b)`, if there is one already."""
    return _TERMS.get((op, a, b, a.__class__, b.__class__))


def _call_of(args: tuple[Any, ...]) -> int:
    """The call whose arguments occur in a term, -1 for none; of several, the latest."""
    call = -1
    for a in args:
        if a.__class__ is Term:
            if a.call > call:
                call = a.call
        elif a.__class__ is tuple or a.__class__ is frozenset:
            call = max(call, _call_of(tuple(a)))
    return call


Known = list[tuple[tuple[Any, ...], Term, Any, str | None]]
"""Terms as they were at some time, with what was known of their types and order."""


def known_terms() -> Known:
    """The table of terms as it is."""
    return [(key, t, t.type, t.order) for key, t in _TERMS.items()]


def forget_terms(but: Known | None = None) -> None:
    """Empty the table of terms (between programs, to bound memory), or bring it back to an earlier state of it."""
    _TERMS.clear()
    for key, t, type_, order in but or ():
        t.type, t.order = type_, order
        _TERMS[key] = t


def renewed(value: Any, known: dict[Term, Term] | None = None) -> Any:
    """A value from before the table was emptied, as it is made now; `known` are terms that have been made again."""
    known = {} if known is None else known
    if value.__class__ is Term:
        found = known.get(value)
        if found is None:
            found = term(value.op, *[renewed(x, known) for x in value.args], type=value.type)
            known[value] = found
        return found
    if value.__class__ is tuple:
        return tuple([renewed(x, known) for x in value])
    return frozenset([renewed(x, known) for x in value]) if value.__class__ is frozenset else value


_INFIX = {
    "add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "lt": "<", "seq": "===", "eq": "==",
    "pow": "**", "bitand": "&", "bitor": "|",
}  # fmt: skip


def show_term(value: Value, depth: int = 4) -> str:
    """A term or value as a person would write it, cut at `depth`."""
    if isinstance(value, V):
        value = value.v
    if value is UNDEFINED:
        return "undefined"
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value) if len(value) <= 40 else repr(value[:37] + "...")
    if isinstance(value, BigInt):
        return f"{int(value)}n"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, JsFunction):
        return f"{value.name or 'function'}()"
    if isinstance(value, JsPromise):
        return "Promise"
    if isinstance(value, JsArray):
        if depth <= 1:
            return "[...]"
        inner = ", ".join(show_term(i, depth - 2) for i in value.items[:4])
        return f"[{inner}{', ...' if len(value.items) > 4 else ''}]"
    if isinstance(value, Rest):
        return f"...{show_term(value.term, depth - 1)}"
    if isinstance(value, JsObject):
        if value.class_name:
            return value.class_name
        if depth <= 1:
            return "{...}"
        shown = [
            f"...{show_term(v, depth - 2)}" if isinstance(k, tuple) else f"{k}: {show_term(v, depth - 2)}"
            for k, v in list(value.props.items())[:4]
        ]
        return "{" + ", ".join(shown) + (", ..." if len(value.props) > 4 else "") + "}"
    if isinstance(value, tuple | frozenset):
        return _show_picture(value, depth)
    if not isinstance(value, Term):
        return str(value)
    if depth <= 0:
        return "…"
    op, args = value.op, value.args
    if op == "arg":
        return str(args[1])
    if op in (".", "entry") and len(args) == 2:
        key = args[1]
        if isinstance(key, str) and key.isidentifier():
            return f"{show_term(args[0], depth - 1)}.{key}"
        return f"{show_term(args[0], depth - 1)}[{show_term(key, depth - 1)}]"
    if op in ("init", "dep", "global"):
        return str(args[-1])
    if op == "await":
        return show_term(args[0], depth)
    if op == "fresh":
        return str(args[0])
    if op == "lin":
        return _show_sum(args[0], args[1], depth)
    if op == "lt0" and args[0].__class__ is Term:
        return f"{show_term(args[0], depth)} < 0"
    if op == "not":
        return f"!({show_term(args[0], depth)})"
    if op in _INFIX and len(args) == 2:
        return f"{show_term(args[0], depth - 1)} {_INFIX[op]} {show_term(args[1], depth - 1)}"
    if op == "tmpl":
        return "`" + "".join(a if isinstance(a, str) else "${" + show_term(a, 2) + "}" for a in args) + "`"
    if op == "call":
        return f"{args[0]}({', '.join(show_term(a, depth - 2) for a in args[2:])})"
    return f"{op}({', '.join(show_term(a, depth - 1) for a in args)})"


def _show_picture(value: Any, depth: int) -> str:
    """A snapshot of an object inside a term."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], frozenset) and depth > 0:
        fields = sorted((str(k).strip("'"), v) for k, v in value[1] if isinstance(k, str))
        return "{" + ", ".join(f"{k}: {show_term(v, depth - 2)}" for k, v in fields[:3]) + "}"
    if isinstance(value, tuple) and value and value[0] == "array":
        return "[...]"
    return "…"


def _show_sum(constant: Any, parts: tuple[tuple[Term, Any], ...], depth: int) -> str:
    """`a - b + 2`, positive terms first."""
    out = ""
    for part, factor in sorted(parts, key=lambda p: p[1] < 0):
        size = "" if abs(factor) == 1 else f"{abs(factor)} * "
        sign = (" - " if out else "-") if factor < 0 else (" + " if out else "")
        out += f"{sign}{size}{show_term(part, depth - 1)}"
    if constant:
        out += f" {'-' if constant < 0 else '+'} {abs(constant)}"
    return out


class V:
    """A value together with the bitmask of shared reads on which it depends."""

    __slots__ = ("tags", "v")

    def __init__(self, v: Value, tags: int) -> None:
        self.v = v
        self.tags = tags

    def __repr__(self) -> str:
        return f"V({self.v!r}, {self.tags:b})"


def tagged(value: Value, tags: int) -> Value:
    """`value` that also depends on `tags`."""
    if not tags:
        return value
    if value.__class__ is V:
        both = value.tags | tags
        return value if both == value.tags else V(value.v, both)
    return V(value, tags)


def raw(value: Value) -> Value:
    """`value` without its dependence tags."""
    return value.v if value.__class__ is V else value


def tags_of(value: Value) -> int:
    """The tags of a value itself (not of what it refers to)."""
    tags: int = value.tags if value.__class__ is V else 0
    return tags


FROM = ("from",)
"""Key of the dependences of an object that was made by spreading an empty one."""

DECORATES = ("decorates",)
"""Key of the method that a decorator replaced by the function which has it."""


class Rest:
    """An unknown number of unknown elements inside an array, a map or a set.

    `fewer` of those that `term` stands for are not among them; `gone` are the positions of such, where known.
    """

    __slots__ = ("fewer", "gone", "term")

    def __init__(self, term_: Term, fewer: int = 0, gone: frozenset[int] = frozenset()) -> None:
        self.term = term_
        self.fewer = fewer
        self.gone = gone

    def positions(self, rounds: int) -> list[int]:
        """Which of the first elements of `term` are there."""
        return [n for n in range(rounds) if n not in self.gone]

    def position(self, k: int) -> int:
        """Where the element number `k` is among those of `term`."""
        for n in sorted(self.gone):
            k += n <= k
        return k


class Accessor:
    """A property with a getter, a setter or both."""

    __slots__ = ("get", "set")

    def __init__(self, get: Value, set_: Value) -> None:
        self.get = get
        self.set = set_


class Lazy:
    """A method that nobody has looked up yet; `make()` gives its function object."""

    __slots__ = ("make",)

    def __init__(self, make: Callable[[], JsFunction]) -> None:
        self.make = make


def own(o: JsObject, key: Any) -> Value:
    """An own data property, without tags; undefined when there is none."""
    v = o.props.get(key, UNDEFINED)
    if v.__class__ is Lazy:
        v = o.props[key] = v.make()
    return raw(v)


class Cell:
    """A variable that some inner function captures. `ident` names its shared location."""

    __slots__ = ("code", "ident", "init", "name", "owner", "site", "type", "v")

    def __init__(self, name: str, ident: Any, site: int) -> None:
        self.name = name
        self.ident = ident
        self.site = site
        self.v: Value = UNDEFINED
        self.type: Any = None
        self.owner: Any = None
        self.code: Any = None
        self.init = False


class JsObject:
    """An object: properties, prototype, and its place in the sharing discipline.

    `ident` is deterministic: two executions that reach an allocation along the same path of the same
    call give it the same identity. `shared` says that calls other than its creator may reach it;
    `owner` is the activation that created it.
    """

    __slots__ = ("cls", "frozen", "ident", "label", "owner", "props", "proto", "shared", "sites", "term", "types")
    class_name = ""

    def __init__(self, ident: Any, proto: JsObject | None = None) -> None:
        self.ident = ident
        self.proto = proto
        self.props: dict[Any, Value] = {}
        self.shared = False
        self.owner: Any = None
        self.term: Term | None = None
        self.cls: Any = None
        self.sites: dict[Any, Any] | None = None
        self.types: Any = None
        self.frozen: bool | Attributes = False
        self.label = ""


class Attributes:
    """Which properties of one object are not writable (`fixed`), enumerable (`hidden`) or configurable (`locked`)."""

    __slots__ = ("extensible", "fixed", "hidden", "locked")

    def __init__(self) -> None:
        self.extensible = True
        self.fixed: set[Any] = set()
        self.hidden: set[Any] = set()
        self.locked: set[Any] = set()


BUILTIN = Attributes()
"""Marks objects that all executions share: writes to them are dropped."""


class JsDate(JsObject):
    """A Date; `props["time"]` is its time value, which may be unknown."""

    __slots__ = ()
    class_name = "Date"


class JsRegExp(JsObject):
    """A regular expression; `compiled` is None where Python cannot express it. `limit` bounds the input."""

    __slots__ = ("compiled", "flags", "limit", "source")
    class_name = "RegExp"

    def __init__(self, ident: Any, proto: JsObject | None, source: str, flags: str) -> None:
        super().__init__(ident, proto)
        self.source = source
        self.flags = flags
        self.compiled: Any = None
        self.limit = 0


class JsProxy(JsObject):
    """A proxy of an object; `frozen` is true, so that writes take the way on which traps are looked for."""

    __slots__ = ("handler", "target")

    def __init__(self, ident: Any, target: JsObject, handler: JsObject) -> None:
        super().__init__(ident, None)
        self.target = target
        self.handler = handler
        self.frozen = True


class JsArray(JsObject):
    """An array; `items` may hold `Rest` for an unknown run of elements."""

    __slots__ = ("items",)

    def __init__(self, ident: Any, proto: JsObject | None, items: list[Value]) -> None:
        super().__init__(ident, proto)
        self.items = items


class JsMap(JsObject):
    """A Map, WeakMap, Set or WeakSet; `unknown` says that it may hold entries that were never seen.

    `removals` counts how often something was taken out.
    """

    __slots__ = ("entries", "kind", "removals", "unknown")

    def __init__(self, ident: Any, proto: JsObject | None, kind: str) -> None:
        super().__init__(ident, proto)
        self.kind = kind
        self.entries: dict[Any, tuple[Value, Value]] = {}
        self.removals = 0
        self.unknown: Term | None = None


class JsPromise(JsObject):
    """A promise (ECMA-262 section 27.2); `handled` says that somebody looks at its outcome."""

    __slots__ = (
        "act", "handled", "observed", "operation", "reactions", "served",
        "settlers", "site", "state", "value", "waits_for",
    )  # fmt: skip

    def __init__(self, ident: Any, proto: JsObject | None) -> None:
        super().__init__(ident, proto)
        self.state = 0  # 0 pending, 1 fulfilled, 2 rejected
        self.value: Value = UNDEFINED
        self.reactions: list[Any] = []
        self.handled = False
        self.observed = False
        self.act: Any = None
        self.site: Any = None
        self.operation: Any = None  # the frame that asked for the external operation behind it
        self.waits_for: Any = None
        self.settlers: tuple[JsFunction, ...] = ()  # what its maker was given to settle it with
        self.served = False  # it waits for a turn in a limiter


class JsFunction(JsObject):
    """A function: interpreted (`code`), or native (`native(R, this, args, site)`)."""

    __slots__ = ("bound_nt", "bound_this", "code", "env", "home", "is_class", "klass", "name", "native", "parent")

    def __init__(self, ident: Any, proto: JsObject | None, name: str) -> None:
        super().__init__(ident, proto)
        self.name = name
        self.code: FunctionCode | None = None
        self.env: tuple[Any, ...] = ()
        self.native: Callable[[Any, Value, list[Value], int], Value] | None = None
        self.bound_this: Value = NOT_BOUND
        self.bound_nt: Value = UNDEFINED
        self.home: JsObject | None = None
        self.is_class = False
        self.klass: Any = None
        self.parent: JsFunction | None = None


class JsGenerator(JsObject):
    """A running generator or async generator: a Python generator and its queue of requests."""

    __slots__ = ("act", "done", "gen", "queue", "running", "started")

    def __init__(self, ident: Any, proto: JsObject | None) -> None:
        super().__init__(ident, proto)
        self.gen: Any = None
        self.act: Any = None
        self.done = False
        self.running = False
        self.started = False
        self.queue: list[Any] = []


class _NotBound:
    __slots__ = ()


NOT_BOUND = _NotBound()
NOSUPER = _NotBound()


class JsThrow(Exception):
    """A JavaScript exception in flight; `value` is what was thrown."""

    def __init__(self, value: Value, ctrl: int = 0) -> None:
        super().__init__()
        self.value = value
        self.ctrl = ctrl


class Stop(BaseException):
    """Base of the machine's own control flow, which TypeScript's `catch` never sees."""


class Dead(Stop, GeneratorExit):
    """The execution is over; suspended code unwinds. A kind of GeneratorExit, so that closing stays silent."""


class Cancelled(Stop):
    """Nobody wants the result any more."""


class Park(Stop):
    """This activation waits for ever (an endless loop was cut off)."""


class Unsupported(Stop):
    """The function uses something that the front end cannot execute; says where and what."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


MAX_LENGTH = 1 << 20
"""Characters of a text, elements of an array, bits of a number."""


class Exhausted(Stop):
    """A limit of one execution was met (steps, depth)."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


def walk(value: Value) -> Iterator[JsObject]:
    """The objects that are directly reachable from `value` (one step)."""
    value = raw(value)
    if not isinstance(value, JsObject):
        return
    for v in value.props.values():
        if v.__class__ is not Accessor:
            v = raw(v)
            if isinstance(v, JsObject):
                yield v
    if isinstance(value, JsArray):
        for v in value.items:
            v = raw(v)
            if isinstance(v, JsObject):
                yield v
    elif isinstance(value, JsMap):
        for k, v in value.entries.values():
            for x in (raw(k), raw(v)):
                if isinstance(x, JsObject):
                    yield x
    elif isinstance(value, JsPromise):
        v = raw(value.value)
        if isinstance(v, JsObject):
            yield v
