"""The machine: executes translated TypeScript under a simulated event loop, one execution at a time.

Strategy: one `Machine` is one execution. Generated code calls its methods for everything that it does.
The event loop is ECMA-262's job queue plus a set of *pending events* (calls that have not begun, external
operations, timers); which pending event fires next is the only freedom of a schedule, and is asked of
the caller. An event runs to quiescence of the microtasks, which is JavaScript's run-to-completion.
Reads and writes of what other calls can reach are logged with the frame and the dependences of the value.
Unknown predicates are answered by a `World`, once per term.

Deliberately absent: the search (explore.py), what an anomaly is (oracle.py), libraries (builtins.py, models/).
"""

from __future__ import annotations

import re
import sys
from collections import Counter, deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from krepis.twin.typescript import builtins, lexicon, terms
from krepis.twin.typescript.canonical import Canonical, Pattern, counterparts, leaf, path_of
from krepis.twin.typescript.code import FunctionCode, ModuleCode, TypeRef
from krepis.twin.typescript.values import (
    BUILTIN,
    FROM,
    MAX_LENGTH,
    NEW,
    NOT_BOUND,
    SYMBOL_ASYNC_DISPOSE,
    SYMBOL_ASYNC_ITERATOR,
    SYMBOL_DISPOSE,
    SYMBOL_HAS_INSTANCE,
    SYMBOL_ITERATOR,
    UNDEFINED,
    Accessor,
    BigInt,
    Cell,
    Dead,
    Exhausted,
    JsArray,
    JsFunction,
    JsGenerator,
    JsMap,
    JsObject,
    JsPromise,
    JsProxy,
    JsThrow,
    Lazy,
    Park,
    Rest,
    Symbol,
    Term,
    Unsupported,
    V,
    Value,
    made,
    raw,
    tagged,
    tags_of,
    term,
)

MAX_DEPTH = 120
"""Nested synchronous calls in one execution."""
MAX_OPERATIONS = 20_000
"""Operations (calls, loop rounds and new questions to the world) of one execution."""
MAX_ROUNDS = 2_000
"""Rounds of one synchronous loop whose condition is known."""
UNROLL = 2
"""Rounds of one loop whose condition is unknown, and elements of an unknown sequence."""
MAX_EQUATIONS = 100
"""Answers about one value that are looked through for what they say of another one."""
MAX_EVENTS = 120
"""Events of one execution."""

ELEMENTWISE = frozenset(
    ["at", "entries", "filter", "find", "flatMap", "forEach", "map", "pop", "shift", "slice", "sort", "values"]
)
"""Methods of an array that take its elements one by one: how many others there are does not matter to them."""
PARTS = frozenset([".", "entry", "elem", "await", "rest", "find", "filter", "slice", "sort"])

"""Operations that take a part of an unknown value."""

Typed = tuple[TypeRef, ModuleCode]


def _list_of(t: Any) -> Term | None:
    """The element of an unknown list, `elem(list, n)`, that a value is or is a part of."""
    while t.__class__ is Term and t.op in PARTS:
        if t.op == "elem":
            return t
        t = t.args[0]
    return None


class Frame:
    """An activation record. `parent` and `site` say who called; `ctrl` is what its control flow depends on.

    `kept` is the part of `ctrl` that only an exception could have turned away from what follows the call,
    `past` what decided between branches that have met again. `served` is the call that made the function.
    """

    __slots__ = (
        "args",
        "code",
        "ctrl",
        "depth",
        "detached",
        "kept",
        "native",
        "parent",
        "past",
        "root",
        "served",
        "site",
        "weary",
    )

    def __init__(self, code: FunctionCode | None, parent: Frame | None, site: int, root: int) -> None:
        self.code = code
        self.parent = parent
        self.site = site
        self.root = root
        self.ctrl: int = parent.ctrl if parent is not None else 0
        self.kept = 0
        self.depth: int = parent.depth + 1 if parent is not None else 0
        self.detached = False
        self.args: list[Value] | None = None
        self.past: int = parent.past if parent is not None else 0
        self.native = ""
        self.served: int = parent.served if parent is not None else root
        self.weary = False


class Activation:
    """An asynchronous function in progress, or a root call."""

    __slots__ = (
        "await_site",
        "awaits",
        "counter",
        "done",
        "frame",
        "gen",
        "parked",
        "path",
        "promise",
        "result",
        "root",
        "started",
    )

    def __init__(self, path: tuple[int, ...], root: int, frame: Frame) -> None:
        self.path = path
        self.root = root
        self.frame = frame
        self.gen: Any = None
        self.promise: JsPromise | None = None
        self.counter = 0
        self.done = False
        self.parked = False
        self.started = False
        self.awaits: JsPromise | None = None
        self.await_site = 0
        self.result: Value = UNDEFINED  # with what its own value depends on, not what decided that it is given


class Access:
    """One logged step: R(ead), W(rite), E(ffect), O(utput), L(ock), U(nlock), A(wait), B(egin), X (end)."""

    __slots__ = ("ctrl", "event", "extra", "frame", "index", "kind", "loc", "root", "site", "tags", "value")

    def __init__(self, kind: str, loc: Any, index: int, event: int, frame: Frame, site: int, value: Value) -> None:
        self.kind = kind
        self.loc = loc
        self.index = index
        self.event = event
        self.frame = frame
        self.site = site
        self.root = frame.root
        self.tags = 0
        self.ctrl = frame.ctrl
        self.value = value
        self.extra: Any = None


class Pending:
    """An event that can happen: `fire` performs its next step and says whether another step follows."""

    __slots__ = ("act", "blocked", "due", "fire", "fired", "key", "name", "seq", "site")

    def __init__(self, key: Any, name: str, fire: Callable[[], bool], act: Activation) -> None:
        self.key = key
        self.name = name
        self.fire = fire
        self.act = act
        self.due: float | None = None
        self.fired = 0
        self.seq = 0
        self.site: Any = None
        self.blocked: Callable[[], bool] | None = None


Way = tuple[int, Any, int, bool]
"""One side of a condition: the call, the function, the site, the answer."""


class World:
    """Answers to unknown predicates, extended on demand; `order` lists the questions as they first came.

    `about` has the answers by what they are about, `nothing` the values that are null or undefined. The first
    `before` questions came while the program was set up. `entered` are the branches that ran, `leads` those that
    another answer to a question may let run.
    """

    __slots__ = ("about", "answers", "before", "defaults", "entered", "fixed", "leads", "noted", "nothing", "order")

    def __init__(self, fixed: dict[Term, bool] | None = None) -> None:
        self.answers: dict[Term, bool] = {}
        self.defaults: dict[Term, bool] = {}
        self.order: list[Term] = []
        self.about: dict[Any, dict[Term, bool]] = {}
        self.nothing: set[Any] = set()
        self.before = -1
        self.noted = 0
        self.entered: set[Way] = set()
        self.leads: dict[Term, list[Way]] = {}
        self.fixed = fixed or {}
        for q, yes in self.fixed.items():
            self.answer(q, yes)

    def size(self) -> tuple[int, ...]:
        """How much is known; what asks nothing leaves it as it is."""
        return len(self.answers), len(self.defaults), len(self.order), len(self.entered), len(self.leads)

    def answer(self, q: Term, yes: bool) -> None:
        """Settles a question."""
        self.answers[q] = yes
        for subject in terms.subjects(q):
            self.about.setdefault(subject, {})[q] = yes
        if yes and q.op == "nullish":
            self.nothing.add(q.args[0])


_COLUMN = re.compile(r"\w+\.\w+")
"""Terms for what is in a column of a row."""
HANDED_OVER = "handed over"
"""What a list that is given away as it is reads as."""


def owned_by_call(ident: Any) -> bool:
    """Whether an identity belongs to an object that one of the calls created."""
    if isinstance(ident, tuple) and len(ident) == 2 and isinstance(ident[0], tuple):
        path = ident[0]
        return bool(path) and isinstance(path[0], int) and path[0] >= 0
    return False


class Spread(list[Value]):
    """Elements of which some came by a spread; `tags` is what the absence of others depended on."""

    __slots__ = ("tags",)

    def __init__(self) -> None:
        super().__init__()
        self.tags = 0


class ModuleInstance:
    """A module in one execution: its top-level cells; executed at first touch."""

    __slots__ = ("cells", "code", "exports", "module_object", "state")

    def __init__(self, code: ModuleCode) -> None:
        self.code = code
        self.cells: dict[str, Any] = {}
        self.state = 0
        self.exports: Any = None
        self.module_object: Any = None


class ImportRef:
    """An imported binding, resolved when it is first read."""

    __slots__ = ("imported", "module", "resolved", "specifier")

    def __init__(self, module: ModuleInstance, specifier: str, imported: str) -> None:
        self.module = module
        self.specifier = specifier
        self.imported = imported
        self.resolved: Any = None


class Lock:
    """A mutex or semaphore that the wait-for graph knows."""

    __slots__ = ("capacity", "holders", "ident", "label", "loc", "waiters")

    def __init__(self, ident: Any, label: str, capacity: Any) -> None:
        self.ident = ident
        self.label = label
        self.capacity = capacity
        self.holders: list[tuple[Frame, int]] = []
        self.waiters: deque[tuple[JsPromise, Frame, int]] = deque()
        self.loc = ("lock", ident)


class Machine:
    """One execution of one scenario. See api of generated code in lower.py."""

    Throw = JsThrow
    Dead = Dead
    Unsupported = Unsupported

    def __init__(self, program: Any, world: World, pattern: Pattern, *, serial: bool = False) -> None:
        self.program = program
        self.world = world
        self.pattern = pattern
        self.canon = Canonical(pattern).of
        self.serial = serial
        self.ended = False
        self.tracking = False
        self.discovering = False
        self.operations = 0
        self.counter = 0
        self.event = 0
        self.log: list[Access] = []
        self.reads: set[Any] = set()
        self.writes: set[Any] = set()
        self.micro: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self.ticks: deque[tuple[Callable[..., None], tuple[Any, ...]]] = deque()
        self.pending: list[Pending] = []
        self.created: list[Pending] = []
        self.modules: dict[str, ModuleInstance] = {}
        self.overlays: dict[Any, JsObject] = {}
        self.stores: dict[Any, Any] = {}
        self.singletons: dict[Any, Value] = {}
        self.constants: dict[tuple[Any, Any], bool] = {}
        self.locks: list[Lock] = []
        self.called: dict[int, FunctionCode] = {}
        """The function that each call of the scenario runs, whatever a library wraps around it."""
        self.fresh_count: dict[Any, int] = {}
        self.now = 0.0
        self.timer_seq = 0
        self.reject_at = -1
        self.external_count = 0
        self.externals: list[tuple[str, Frame, int]] = []
        self.bounds: set[tuple[str, int, str]] = set()
        self.cut: set[FunctionCode | None] = set()
        self.unsupported: set[tuple[str, int, str]] = set()
        self.entries: list[Any] = []
        self.spoken: dict[tuple[int, Any], tuple[int, bool]] = {}
        """For each call and unknown object, the event in which it last called it, and whether that had an effect."""
        self.promises: list[JsPromise] = []
        self.key_terms: dict[str, None] = {}
        self.noted: set[Term] = set()
        self.kept: dict[tuple[int, str], tuple[Frame, int]] = {}  # advisory locks that sessions hold
        self.given_back = False  # one of them was
        self.refused: set[int] = set()  # calls that answered their request with an error
        self.lock_keys: dict[str, None] = {}
        self.symbolic: set[Any] = set()
        self.unblocked = 0
        self.initial: dict[Any, Any] = {}
        self.unwaited: dict[Term, tuple[Frame, int, int, bool]] = {}
        self.lazy: list[tuple[list[Any], Frame]] = []
        self.waited: list[tuple[Term, Frame, int, int, int]] = []
        self.invoked: set[FunctionCode] = set()
        self.started: set[FunctionCode] = set()  # by a module itself, when it is loaded
        self._entered = program.entered
        self.instances: list[JsObject] = []
        self.measured = 0  # the reads whose lists were looked at as a whole
        self.marked: set[int] = set()
        self.asked: set[Term] = set()
        self.excused = ""
        self.deadlocked: Frame | None = None
        self.parked = False
        root = Frame(None, None, 0, -1)
        self.setup_act = Activation(("set-up",), -1, root)  # type: ignore[arg-type]
        self.act = self.setup_act
        self.frame = root
        self.globals: dict[str, Value] = {}
        self.protos: dict[str, JsObject] = {}
        builtins.install(self)

    @property
    def dead(self) -> bool:
        """Whether the execution is over, so that suspended code unwinds: it has ended, or nobody holds it any more."""
        return self.ended or sys.exc_info()[0] is GeneratorExit

    # ------------------------------------------------------------------ identity and allocation

    def ident(self) -> Any:
        """A deterministic identity for what the running activation allocates next."""
        act = self.act
        act.counter += 1
        return (act.path, act.counter)

    def new_object(self, proto: str = "Object") -> JsObject:
        """A fresh ordinary object."""
        o = JsObject(self.ident(), self.protos[proto])
        o.owner = self.act
        o.shared = not self.tracking
        return o

    def new_array(self, items: list[Value]) -> JsArray:
        """A fresh array of `items`."""
        if len(items) > MAX_LENGTH:
            raise Exhausted("array length")
        a = JsArray(self.ident(), self.protos["Array"], items)
        a.owner = self.act
        a.shared = not self.tracking
        return a

    def new_map(self, kind: str) -> JsMap:
        """A fresh Map, Set, WeakMap or WeakSet; one made before the calls begin may hold unknown entries."""
        m = JsMap(self.ident(), self.protos[kind], kind)
        m.owner = self.act
        m.shared = not self.tracking
        return m

    def native(self, name: str, fn: Callable[..., Value]) -> JsFunction:
        """A native function `fn(R, this, args, site)`."""
        f = JsFunction(self.ident(), self.protos.get("Function"), name)
        f.native = fn
        f.shared = True
        return f

    def error(self, kind: str, message: str) -> JsThrow:
        """A throwable built-in error."""
        o = JsObject(self.ident(), self.protos.get(kind, self.protos["Error"]))
        o.owner = self.act
        o.props["message"] = message
        return JsThrow(o)

    def fresh(self, name: str, s: int = 0) -> Term:
        """A value that equals no other (random, time, generated id), named by who made it where."""
        key = (name, self.frame.root, s)
        n = self.fresh_count.get(key, 0)
        self.fresh_count[key] = n + 1
        return term("fresh", name, self.frame.root, s, n)

    # ------------------------------------------------------------------ terms, keys and questions

    def key(self, value: Value) -> Any:
        """A hashable identity of a value used as a key; equal exactly when the keys are equal."""
        value = raw(value)
        c = value.__class__
        if c is str:
            return value
        if c is Term:
            self.note_key(value)
            return self.canon(value)
        if isinstance(value, JsArray):
            return ("list", tuple([self.key(i) for i in value.items if not isinstance(i, Rest)]))
        if isinstance(value, JsObject):
            return ("object", value.ident)
        if c is float and value != value:
            return ("nan",)
        if c is bool:
            return ("bool", value)
        return value

    def note_key(self, value: Value) -> None:
        """Remembers the argument leaves that this value is made of: they decide who meets whom."""
        if value.__class__ is tuple:
            for a in value:
                self.note_key(a)
        if value.__class__ is not Term or value.call < 0 or value in self.noted:
            return
        self.noted.add(value)
        path = path_of(value)
        if path is not None:
            self.key_terms[path] = None
        else:
            for a in value.args:
                if a.__class__ is Term or a.__class__ is tuple:
                    self.note_key(a)

    def term(self, op: str, *args: Any) -> Term:
        """A term over untagged, canonical arguments."""
        return term(op, *[self.canon(a) for a in args])

    def instead(self, left: Value, value: Value) -> Value:
        """`left ?? value`, whose value depends on the left side whichever it is."""
        return tagged(value, left.tags) if left.__class__ is V else value

    def strip(self, value: Value) -> Value:
        """`value` without tags."""
        return raw(value)

    def ask(self, question: Value, default: bool = True) -> bool:
        """The world's answer to an unknown predicate; the same term has one answer in a scenario."""
        if question is True or question is False:
            return bool(question)
        q = self.canon(question)
        if q is True or q is False:
            return bool(q)
        if q.op == "not":
            return not self.ask(q.args[0], not default)
        world = self.world
        self.asked.add(q)
        known = world.answers.get(q)
        if known is not None:
            if q not in world.defaults:
                world.defaults[q] = known
                world.order.append(q)
            return known
        self.spend()
        implied = self._implied(q)
        if implied is not None:
            world.answer(q, implied)
            world.defaults[q] = implied
            return implied
        world.answer(q, default)
        world.defaults[q] = default
        world.order.append(q)
        return default

    def _implied(self, q: Term) -> bool | None:
        answers = self.world.answers
        subject = q.args[0]
        about = self.world.about.get(subject, {})
        if q.op == "truthy":
            if answers.get(term("nullish", subject)) is True:
                return False
            if answers.get(term("undef", subject)) is True:
                return False
            for other, yes in about.items():
                if yes and other.op == "seq" and other.args[0] is subject and other.args[1].__class__ is not Term:
                    return bool(other.args[1])
        elif q.op == "nullish":
            if answers.get(term("truthy", subject)) is True:
                return False
        elif q.op == "seq" and q.args[1].__class__ is not Term:
            if answers.get(term("nullish", subject)) is True:
                return False
            for other, yes in about.items():
                if yes and other.op == "seq" and other.args[0] is subject and other.args[1] != q.args[1]:
                    return False
        elif q.op == "seq":
            return False if counterparts(*q.args) else self._equation(q)
        if q.op == "lt0" or (q.op == "seq" and q.args[1] == 0):
            decided = terms.decided(q, self.world.about)
            if decided is not None:
                return decided
        if q.op == "lt0" and q.args[0].__class__ is Term:
            ordered = terms.monotone(q, answers)
            if ordered is not None:
                return ordered
            known = answers.get(term("lt0", terms.scale(q.args[0], -1)))
            if known is True:
                return False
            if known is False and _is_difference(q.args[0]):
                return True  # two different unknown values, of which neither is special
        elif q.op == "lt":
            known = answers.get(term("lt", q.args[1], q.args[0]))
            if known is not None:
                return not known
        return None

    def equal(self, a: Value, b: Value, likely: bool = False) -> bool:
        """Whether two values are the same key; unknown leaves that differ are different."""
        a, b = raw(a), raw(b)
        if a.__class__ is Term or b.__class__ is Term:
            a, b = self.canon(a), self.canon(b)
            if a is b:
                return True
            if a.__class__ is Term and b.__class__ is Term and a.call != b.call and path_of(a) and path_of(b):
                return False
            if (a.__class__ is Term and a.op == "fresh") or (b.__class__ is Term and b.op == "fresh"):
                return False
            return self.ask(self._seq_term(a, b), likely)
        return bool(self._strict(a, b))

    def _equation(self, q: Term) -> bool | None:
        """What known equations say of another one: through a third value, or because arguments differ."""
        about, answers = self.world.about, self.world.answers
        for x, y in (q.args, q.args[::-1]):
            for other, yes in islice(about.get(x, {}).items(), MAX_EQUATIONS):
                if yes and other.op == "seq" and other.args[1].__class__ is Term:
                    z = other.args[1] if other.args[0] is x else other.args[0]
                    if z.call != y.call and path_of(z) and path_of(y):
                        return False
                    asked = made("seq", *_in_order(z, y))
                    if asked is not None and asked in answers:
                        return answers[asked]
        return None

    # ------------------------------------------------------------------ the log

    def _log(self, kind: str, loc: Any, value: Value, s: int) -> Access:
        access = Access(kind, loc, len(self.log), self.event, self.frame, s, value)
        self.log.append(access)
        return access

    def note_read(self, loc: Any, value: Value, s: int = 0) -> Value:
        """Logs a read of shared state and returns the value tagged with it."""
        if not self.tracking:
            return value
        self.reads.add(loc)
        if loc[0] in HEAP and self.in_model():
            return value
        a = self._log("R", loc, value, s)
        return tagged(value, 1 << a.index)

    def note_write(self, loc: Any, value: Value = None, s: int = 0, tags: int = 0) -> None:
        """Logs a write of shared state together with what its value depends on."""
        if not self.tracking:
            return
        self.writes.add(loc)
        if loc[0] in HEAP:
            if self.in_model():
                return
            if raw(value) is True:
                self.marked.add(self.frame.root)
        a = self._log("W", loc, value, s)
        a.tags = tags | tags_of(value)
        if self.frame.past and loc[0] in CONTAINED:
            a.ctrl |= self._room_made(loc)

    def _room_made(self, loc: Any) -> int:
        """What decided whether room was made in a container: what is added to it depends on that."""
        rest, found = self.frame.past, 0
        while rest:
            low = rest & -rest
            rest ^= low
            read = self.log[low.bit_length() - 1].loc
            if read[0] in ("keys", "array") and read[1] == loc[1]:
                found |= low
        return found

    def _note_old(self, loc: Any, old: Value) -> None:
        """Remembers which container a write replaces."""
        old = raw(old)
        if isinstance(old, JsObject) and self.log and self.log[-1].loc == loc:
            self.log[-1].extra = old.ident

    def in_model(self) -> bool:
        """Whether the running function belongs to a library model: its own fields are no part of the story."""
        code = self.frame.code
        return code is not None and self.program.is_model(code.module.path)

    def effect(self, name: str, args: list[Value], s: int, tags: int = 0) -> None:
        """Adds an effect (sent, charged, created outside) to the outcome."""
        if not self.tracking:
            return
        total = tags
        for v in args:
            total |= self.deep_tags(v)
        a = self._log("E", ("effect", name), self.snapshot(args), s)
        a.tags = total
        self._look_again(total | a.ctrl)

    def _look_again(self, premises: int) -> None:
        """Makes an effect of which the premises may have changed another one than before: both orders are explored."""
        while premises:
            low = premises & -premises
            premises ^= low
            index = low.bit_length() - 1
            read = self.log[index] if index < len(self.log) else None
            if read is not None and read.kind == "R" and read.loc[0] == "row" and read.event < self.event:
                self.reads.add(read.loc[:3] if read.loc[3] == "*" else read.loc)

    def answer(self, name: str, s: int, tags: int) -> None:
        """Logs what a call hands to its own request: it is part of no outcome, but it may be another request's."""
        self._log("O", ("answer", name), None, s).tags = tags

    def hand_over(self, args: list[Value], s: int) -> int:
        """Reads the lists that others can reach and that are given away as they are; what that depends on."""
        tags = 0
        given = [raw(a) for a in args if a.__class__ is not Rest]
        given += [raw(v) for o in given if isinstance(o, JsObject) and not o.shared for v in o.props.values()]
        for a in given:
            if isinstance(a, JsArray) and a.shared and self._tracked(a):
                tags |= 1 << len(self.log)
                self.note_read(("array", a.ident, a.label or "array"), HANDED_OVER, s)
        return tags

    def deep_tags(self, value: Value, depth: int = 4) -> int:
        """What a value depends on, through the objects that it is made of."""
        tags = tags_of(value)
        value = raw(value)
        if depth and isinstance(value, JsObject) and not value.shared:
            for v in value.props.values():
                if v.__class__ is not Accessor:
                    tags |= self.deep_tags(v, depth - 1)
            if isinstance(value, JsArray):
                for v in value.items:
                    tags |= self.deep_tags(v, depth - 1)
        return tags

    def share(self, value: Value, depth: int = 12) -> int:
        """Makes an object reachable for others; returns what its contents depended on, and strips the tags."""
        tags = tags_of(value)
        value = raw(value)
        if not isinstance(value, JsObject) or value.shared or depth == 0:
            return tags
        value.shared = True
        for k, v in list(value.props.items()):
            if v.__class__ is Accessor:
                continue
            tags |= self.share(v, depth - 1)
            value.props[k] = raw(v)
        if isinstance(value, JsArray):
            for i, v in enumerate(value.items):
                if v.__class__ is not Rest:
                    tags |= self.share(v, depth - 1)
                    value.items[i] = raw(v)
        elif isinstance(value, JsMap):
            for k, (a, b) in list(value.entries.items()):
                tags |= self.share(a, depth - 1) | self.share(b, depth - 1)
                value.entries[k] = (raw(a), raw(b))
        elif isinstance(value, JsFunction):
            for cell in value.env:
                if cell.__class__ is Cell:
                    self.share(cell.v, depth - 1)
            if value.bound_this is not NOT_BOUND:
                self.share(value.bound_this, depth - 1)
        elif isinstance(value, JsPromise):
            self.share(value.value, depth - 1)
        return tags

    def snapshot(self, value: Any, depth: int = 5) -> Any:
        """A hashable picture of a value for outcomes: structure, terms, and identities renamed by contents."""
        value = raw(value)
        c = value.__class__
        if c is list or c is tuple or c is Spread:
            return tuple([self.snapshot(v, depth) for v in value])
        if c is Term:
            o = self.overlays.get(self._overlay_key(value))
            t = self.canon(value)
            if t.__class__ is Term and t.op == "fresh":
                t = ("fresh", t.args[0], t.args[2])
            if o is None or not o.props or depth <= 0:
                return t
            return (t, self._snap_props(o, depth - 1))
        if c is Rest:
            return ("rest", self.canon(value.term))
        if c is Lazy:
            return ("service",)
        if not isinstance(value, JsObject):
            return ("nan",) if c is float and value != value else (c.__name__, value) if c in (bool, BigInt) else value
        if depth <= 0:
            return ("...",)
        if isinstance(value, JsArray):
            return ("array", tuple([self.snapshot(v, depth - 1) for v in value.items]))
        if isinstance(value, JsMap):
            return (value.kind, frozenset((k, self.snapshot(v, depth - 1)) for k, (_, v) in value.entries.items()))
        if isinstance(value, JsFunction):
            return ("function", value.name)
        if isinstance(value, JsPromise):
            if value.state == 0:
                return ("promise", "pending")
            return ("promise", value.state, self.snapshot(value.value, depth - 1))
        return (
            value.class_name or (value.cls.name if value.cls is not None else "object"),
            self._snap_props(value, depth - 1),
        )

    def _snap_props(self, o: JsObject, depth: int) -> Any:
        return frozenset(
            (k, self.snapshot(v, depth))
            for k, v in o.props.items()
            if v.__class__ is not Accessor and v is not UNDEFINED and k != FROM
        )

    def _tracked(self, o: JsObject) -> bool:
        return self.tracking and (o.shared or o.owner is not self.act)

    # ------------------------------------------------------------------ variables, modules

    def cell(self, name: str, s: int) -> Cell:
        """A captured variable."""
        c = Cell(name, None, s)
        act = self.act
        act.counter += 1
        c.ident = (act.path, act.counter)
        c.owner = act
        return c

    def init(self, c: Cell | ImportRef, value: Value) -> None:
        """The value at declaration."""
        if c.__class__ is ImportRef:  # a name that is imported and declared, which only broken programs do
            c.resolved = value
            return
        assert c.__class__ is Cell
        c.v = value
        if not self.tracking:
            self._label(value, c.name)
            if c.type is not None:
                r = raw(value)
                if isinstance(r, JsObject) and r.types is None:
                    r.types = c.type

    def _label(self, value: Value, name: str) -> None:
        value = raw(value)
        if isinstance(value, JsObject) and not value.label and not isinstance(value, JsFunction):
            value.label = name

    def rdv(self, c: Cell, s: int) -> Value:
        """Reads a captured variable that somebody assigns."""
        if not self.tracking:
            return c.v
        value = self._initial(("cell", c.ident, c.name), c.v, c, None)
        return self.note_read(("cell", c.ident, c.name), value, s)

    def wrv(self, c: Cell, value: Value, s: int) -> Value:
        """Assigns a captured variable."""
        if self.tracking:
            loc = ("cell", c.ident, c.name)
            outer = c.owner is not self.act
            tags = self.share(value) if outer else self.deep_tags(value)
            self.note_write(loc, value, s, tags)
            self._note_old(loc, c.v)
            self.symbolic.add(loc)
            c.v = raw(value) if outer else value
        else:
            c.v = value
            self._label(value, c.name)
        return value

    def _initial(self, loc: Any, value: Value, holder: Any, key: Any) -> Value:
        """A number that the program starts with may have any value by the time the calls come."""
        if (value.__class__ is int or value.__class__ is float) and loc not in self.symbolic:
            self.symbolic.add(loc)
            owner = holder.owner
            if owner is not None and owner.root < 0:
                name = loc[-1] if isinstance(loc[-1], str) else "value"
                if not self.ask(term("initially", loc), True):
                    start = value
                    value = term("init", loc, name, type=(INTEGER if isinstance(value, int) else NUMBER, None))
                    if loc in self.pattern.ceilings:
                        over = terms.less(start, value)
                        self.world.answer(over, False)
                        self.world.defaults[over] = False
                    if key is None:
                        holder.v = value
                    else:
                        holder.props[key] = value
        return value

    def modcell(self, name: str, s: int = 0) -> Cell:
        """A top-level variable of the running module."""
        instance = self.modules[self.frame.code.module.path]  # type: ignore[union-attr]
        found = instance.cells.get(name)
        if found.__class__ is not Cell:
            found = self.cell(name, s)
            found.ident = (instance.code.path, name)
            instance.cells[name] = found
            ref = instance.code.var_types.get(name)
            if ref is not None:
                found.type = (ref, instance.code)
        return found

    def importcell(self, specifier: str, imported: str, s: int) -> ImportRef:
        """An imported binding."""
        return ImportRef(self.modules[self.frame.code.module.path], specifier, imported)  # type: ignore[union-attr]

    def rdimp(self, ref: ImportRef, s: int) -> Value:
        """Reads an imported binding, executing its module at first touch."""
        if ref.resolved is None:
            ref.resolved = self._resolve_import(ref.module.code.path, ref.specifier, ref.imported)
        r = ref.resolved
        if r.__class__ is Cell:
            return self.rdv(r, s) if self.tracking and self.program.reassigned(r) else r.v
        return r

    def _resolve_import(self, path: str, specifier: str, imported: str, seen: int = 0) -> Value:
        if specifier == "krepis:model" and self.program.is_model(path):
            from krepis.twin.typescript import intrinsics

            return intrinsics.get(self, imported)
        target = self.program.resolve(specifier, path)
        instance = self.load(target) if target is not None else None
        if instance is None:
            return self._unknown_import(path, specifier, imported)
        return self._export(instance, specifier, imported, seen)

    def _unknown_import(self, path: str, specifier: str, imported: str) -> Value:
        if imported != "*":
            client = self.program.adopted_import(self, path, specifier, imported)
            if client is not None:
                return client
        return term(
            "dep", specifier, imported, specifier.rsplit("/", 1)[-1] if imported in ("*", "default") else imported
        )

    def _export(self, instance: ModuleInstance, specifier: str, imported: str, seen: int) -> Value:
        code = instance.code
        if imported == "*":
            return self.namespace_object(instance)
        local = code.exports.get(imported)
        if local is not None:
            if local in code.imports and local not in instance.cells:
                source, name = code.imports[local]
                return self._resolve_import(code.path, source, name, seen + 1)
            c = instance.cells.get(local)
            if c.__class__ is ImportRef:
                return self.rdimp(c, 0)
            if c is not None:
                return c
        if imported in code.reexports and seen < 20:
            source, name = code.reexports[imported]
            return self._resolve_import(code.path, source, name, seen + 1)
        if imported == "default" and "default" in instance.cells:
            return instance.cells["default"]
        if instance.exports is not None:
            if imported == "default":
                return instance.exports
            if isinstance(instance.exports, JsObject):
                return self.get(instance.exports, imported, 0)
        if seen < 20:
            for source in code.star_exports:
                target = self.program.resolve(source, code.path)
                inner = self.load(target) if target is not None else None
                if inner is not None:
                    found = self._export(inner, source, imported, seen + 1)
                    if not (found.__class__ is Term and found.op == "dep"):
                        return found
        c = instance.cells.get(imported)
        if c is not None and (code.is_commonjs or self.program.is_model(code.path)):
            return c
        if imported == "default":
            return self.namespace_object(instance)
        return self._unknown_import(code.path, specifier, imported)

    def namespace_object(self, instance: ModuleInstance) -> Value:
        """The object that `import * as x` gives: read-through to the module's cells."""
        if instance.exports is not None:
            return instance.exports
        if instance.module_object is None:
            o = JsObject((instance.code.path, "*"), None)
            o.shared = True
            instance.module_object = o
            for name in list(instance.code.exports) + list(instance.code.reexports):
                o.props[name] = Accessor(
                    self.native(name, lambda R, this, a, s, n=name: R.cell_value(R._export(instance, "", n, 0))),
                    UNDEFINED,
                )
            if self.program.is_model(instance.code.path):
                for name, c in instance.cells.items():
                    if c.__class__ is Cell and name not in o.props:
                        o.props[name] = Accessor(self.native(name, lambda R, this, a, s, x=c: x.v), UNDEFINED)
        return instance.module_object

    def cell_value(self, c: Value) -> Value:
        """The value behind a resolved export."""
        return (self.rdv(c, 0) if self.program.reassigned(c) else c.v) if c.__class__ is Cell else c

    def load(self, path: str) -> ModuleInstance | None:
        """The module at `path`, executed at first touch; None when it cannot be read."""
        instance = self.modules.get(path)
        if instance is not None:
            return instance
        code = self.program.module(path)
        if code is None:
            return None
        instance = ModuleInstance(code)
        self.modules[path] = instance
        self._run_module(instance)
        return instance

    def _run_module(self, instance: ModuleInstance) -> None:
        saved = self.act, self.frame, self.tracking
        act = Activation(("module", instance.code.path), -1, Frame(None, None, 0, -1))  # type: ignore[arg-type]
        frame = Frame(instance.code.functions[0], None, 0, -1)
        act.frame = frame
        self.act, self.frame, self.tracking = act, frame, False
        try:
            fn = JsFunction(("module", instance.code.path), None, "module")
            fn.code = instance.code.functions[0]
            result = fn.code.fn(self, fn, UNDEFINED, [], UNDEFINED)
            if hasattr(result, "send"):
                act.gen = result
                act.promise = self.new_promise()
                self.resume(act, 0, UNDEFINED)
                self.settle_setup()
        except (JsThrow, Park, Exhausted):
            pass
        except Unsupported as u:
            self.unsupported.add((instance.code.path, u.line, u.message))
        finally:
            self.act, self.frame, self.tracking = saved
        instance.state = 2

    def settle_setup(self) -> None:
        """Runs everything that the set-up started until nothing is left or a bound is met."""
        for _ in range(40):
            self.drain()
            if not self.pending:
                break
            ready = [p for p in self.pending if p.due is None] or sorted(
                self.pending, key=lambda q: (q.due or 0, q.seq)
            )
            p = ready[0]
            if not p.fire():
                if p in self.pending:
                    self.pending.remove(p)
        self.created.clear()

    def require(self, specifier: str, s: int) -> Value:
        """CommonJS `require`."""
        path = self.frame.code.module.path  # type: ignore[union-attr]
        target = self.program.resolve(specifier, path)
        instance = self.load(target) if target is not None else None
        if instance is None:
            return term("dep", specifier, "*", specifier.rsplit("/", 1)[-1])
        return self.namespace_object(instance)

    def import_(self, value: Value, s: int) -> Value:
        """Dynamic `import()`."""
        v = raw(value)
        p = self.new_promise()
        self.resolve(p, self.require(v, s) if isinstance(v, str) else term("call", "import", self.canon(v)))
        return p

    def cjs_exports(self) -> Value:
        """`exports`."""
        instance = self.modules[self.frame.code.module.path]  # type: ignore[union-attr]
        if instance.exports is None:
            instance.exports = self.new_object()
            instance.exports.shared = True
        return instance.exports

    def cjs_module(self) -> Value:
        """`module`."""
        instance = self.modules[self.frame.code.module.path]  # type: ignore[union-attr]
        o = JsObject((instance.code.path, "module"), None)

        def put(R: Machine, this: Value, args: list[Value], s: int) -> Value:
            instance.exports = raw(args[0])
            return UNDEFINED

        o.props["exports"] = Accessor(
            self.native("exports", lambda R, t, a, s: R.cjs_exports()), self.native("exports", put)
        )
        return o

    def export_assign(self, value: Value) -> Value:
        """`export = value`."""
        self.modules[self.frame.code.module.path].exports = raw(value)  # type: ignore[union-attr]
        return value

    def import_meta(self) -> Value:
        """`import.meta`."""
        return term("dep", "import.meta", "*", "import.meta")

    def glob(self, name: str, s: int) -> Value:
        """A global identifier."""
        found = self.globals.get(name)
        if found is None and name not in self.globals:
            found = term("dep", "global", name, name)
            self.globals[name] = found
        return found

    def setglob(self, name: str, value: Value, s: int) -> Value:
        """Assignment to a global identifier."""
        self.note_write(("global", name), value, s, self.share(value))
        self.globals[name] = raw(value)
        return value

    def typeof_glob(self, name: str, s: int = 0) -> Value:
        """`typeof` of a name that may not exist."""
        return self.typeof(self.globals[name], s) if name in self.globals else "undefined"

    # ------------------------------------------------------------------ properties

    def get(self, o: Value, k: Value, s: int) -> Value:
        """`o[k]`."""
        c = o.__class__
        if c is V:
            if o.v.__class__ is JsArray and k.__class__ is str and k not in ELEMENTWISE:
                self.measured |= o.tags
            return tagged(self.get(o.v, k, s), o.tags)
        if k.__class__ is not str:
            if k.__class__ is V:
                return tagged(self.get(o, k.v, s), k.tags)
            if not isinstance(k, Symbol):
                if c is JsArray or isinstance(o, JsArray):
                    return self._element(o, k, s)
                k = self.property_key(k)
        elif c is JsArray and k.isdigit():
            return self._element(o, int(k), s)
        if c is Term:
            return self._unknown_get(o, k, s)
        if isinstance(o, JsObject):
            return self._get_object(o, k, s, o)
        if o is UNDEFINED or o is None:
            name = k if isinstance(k, str) else "property"
            raise self.error("TypeError", f"Cannot read properties of {terms.to_text(o)} (reading '{name}')")
        return self._primitive_get(o, k, s)

    def property_key(self, k: Value) -> Any:
        """ToPropertyKey; an unknown key is its canonical term."""
        k = raw(k)
        if k.__class__ is Term:
            self.note_key(k)
            return self.canon(k)
        if isinstance(k, Symbol):
            return k
        if isinstance(k, JsObject) and not isinstance(k, JsArray):
            return ("object", k.ident)
        t = terms.to_text(k)
        return t

    def _primitive_get(self, o: Value, k: Any, s: int) -> Value:
        if isinstance(o, str):
            if k == "length":
                return len(o) + sum(1 for ch in o if ord(ch) > 0xFFFF)
            if isinstance(k, str) and k.isdigit():
                i = int(k)
                return o[i] if i < len(o) else UNDEFINED
            proto = self.protos["String"]
        elif isinstance(o, bool):
            proto = self.protos["Boolean"]
        elif isinstance(o, int | float):
            proto = self.protos["Number"]
        elif isinstance(o, Symbol):
            if k == "description":
                return o.name
            proto = self.protos["Symbol"]
        else:
            return UNDEFINED
        found = proto.props.get(k, UNDEFINED)
        return self.call(found.get, o, [], s) if found.__class__ is Accessor else found

    def _get_object(self, o: JsObject, k: Any, s: int, receiver: Value) -> Value:
        h: JsObject | None = o
        while h is not None:
            if k in h.props:
                v = h.props[k]
                if v.__class__ is Lazy:
                    v = h.props[k] = v.make()
                    return v
                if v.__class__ is Accessor:
                    return self.call(v.get, receiver, [], s) if v.get is not UNDEFINED else UNDEFINED
                if self.tracking and h is o and o.owner is not None and (o.shared or o.owner is not self.act):
                    if isinstance(v, JsFunction) and o.cls is None and o.owner.root < 0:
                        return v
                    if o.cls is not None and self._constant(o, k):
                        return v
                    loc = ("prop", o.ident, self._prop_name(o), k)
                    v = self._initial(loc, v, o, k)
                    if o.sites is not None and k in o.sites:
                        o.sites = o.sites
                    return self.note_read(loc, v, s)
                return v
            h = h.proto
        if o.term is not None and k.__class__ is str:
            for key, v in o.props.items():
                if key.__class__ is tuple and key[0] == "spread":
                    typed = self.program.member_type(key[1].type, k)
                    return tagged(self.unknown(self._member(key[1], k, typed), typed), tags_of(v))
        special = self._special(o, k, s)
        if special is not NOT_BOUND:
            return special
        if k.__class__ is Term or (self.tracking and o.shared and o.cls is None and o.proto is self.protos["Object"]):
            return self._dictionary_get(o, k, s)
        if self.tracking and (o.shared or o.owner is not self.act) and k.__class__ is str:
            return self.note_read(("prop", o.ident, self._prop_name(o), k), UNDEFINED, s)
        return UNDEFINED

    def _prop_name(self, o: JsObject) -> str:
        return o.cls.name if o.cls is not None else o.label or "object"

    def _special(self, o: JsObject, k: Any, s: int) -> Value:
        if o.__class__ is JsProxy:
            return builtins.proxy_get(self, o, k, s)
        if isinstance(o, JsArray):
            if k == "length":
                items = self.array_read(o, s)
                n = self._length(items)
                return tagged(n, tags_of(self.array_tag(o)))
        elif isinstance(o, JsMap):
            if k == "size":
                return self.map_size(o, s)
        elif isinstance(o, JsFunction):
            if k == "name":
                return "" if o.name.startswith("<anonymous") else o.name.rsplit(".", 1)[-1]
            if k == "length":
                return o.code.n_params if o.code is not None else 0
            if k == "prototype":
                p = self.new_object()
                p.props["constructor"] = o
                o.props["prototype"] = p
                return p
            if o.klass is not None and o.klass.base_unknown is not None:
                return self._unknown_get(o.klass.base_unknown, k, s)
        if k == "constructor":
            return UNDEFINED
        if k == "__proto__":
            return o.proto
        base = getattr(o.cls, "base_unknown", None) if o.cls is not None else None
        if base is not None and isinstance(k, str):
            t = term("inherited", base, k)
            if self.program.injected(base):
                return t
            return t
        return NOT_BOUND

    def array_tag(self, a: JsArray) -> Value:
        """A tagged undefined that carries the read of the array just logged."""
        if self._tracked(a) and self.log and self.log[-1].kind == "R" and self.log[-1].loc[:2] == ("array", a.ident):
            return V(UNDEFINED, 1 << self.log[-1].index)
        return UNDEFINED

    def _dictionary_get(self, o: JsObject, k: Any, s: int) -> Value:
        """An entry of an object used as a dictionary: one that existed before may hold unknown entries."""
        loc = ("entry", o.ident, o.label or "record", k)
        value: Value = UNDEFINED
        if o.owner is not None and o.owner.root < 0 and o.cls is None and k.__class__ is Term and self.tracking:
            value = self._unknown_entry(o, k, loc)
            if value is not UNDEFINED:
                o.props[k] = value
        if self._tracked(o):
            return self.note_read(("prop", o.ident, self._prop_name(o), k), value, s)
        return value

    def _unknown_entry(self, o: JsObject, k: Any, loc: Any) -> Value:
        """The content that a shared container may have had for `k` before the calls began."""
        typed = self._element_type(o, 1)
        memory = (loc, "entry")
        if memory in self.symbolic or ("cleared", loc[1]) in self.symbolic:
            return UNDEFINED
        kind = self.program.kind_of(typed)
        if kind in ("promise", "function", "timer", "lock"):
            return UNDEFINED
        default = not (isinstance(o, JsMap) and o.kind in ("Set", "WeakSet")) and kind != "array"
        if not self.ask(term("has", loc[1], loc[2], k), default):
            self.symbolic.add(memory)
            return UNDEFINED
        if isinstance(o, JsMap) and o.kind in ("Set", "WeakSet"):
            return True
        base = term("init", o.ident, o.label or "record")
        return self.unknown(term("entry", base, k), typed)

    def _element_type(self, o: JsObject, index: int) -> Typed | None:
        if o.types is None:
            return None
        ref, module = o.types
        ref = self.program.expand(ref, module)[0]
        if ref.name in ("Map", "WeakMap", "Record", "Partial") and len(ref.args) > 1:
            if ref.name == "Partial":
                return None
            return (ref.args[index], module)
        if ref.name in ("Set", "Array", "WeakSet") and ref.args:
            return (ref.args[0], module)
        if ref.name == "{}" and "[]" in ref.members:
            return (ref.members["[]"], module)
        return None

    def unknown(self, t: Term, typed: Typed | None) -> Value:
        """An unknown value of a type: a term, or an object of the class that the type names."""
        if typed is None:
            return t
        made = self.materialise(t, typed)
        if made is not None:
            return made
        if t.type is None:
            t.type = typed
        return t

    def materialise(self, t: Term, typed: Typed) -> Value | None:
        """An object for an unknown value whose class is known; None when a term does."""
        memo = (t if t.shared else (self.frame.root, t), "made")
        found = self.overlays.get(memo)
        if found is not None:
            return found
        made = self.program.materialise(self, t, typed)
        if made is not None:
            self.overlays[memo] = made
        return made

    def _overlay_key(self, t: Term) -> Any:
        return t if t.shared else (self.frame.root, t)

    def overlay(self, t: Term) -> JsObject:
        """The object behind an unknown value, once something is written to it."""
        key = self._overlay_key(t)
        o = self.overlays.get(key)
        if o is None:
            o = JsObject(("overlay", key), None)
            o.term = t
            o.shared = t.shared
            o.owner = self.act
            self.overlays[key] = o
        return o

    def listed(self, t: Term, k: Any = "") -> JsArray | None:
        """The array behind parsed data, once a method `k` has changed it as one."""
        memo = (self._overlay_key(t), "made")
        found = self.overlays.get(memo)
        held = t.base.op == "json" or ((t.op == "." or t.op == t.base.op) and _COLUMN.fullmatch(t.base.op))
        if found is None and held and k in ("push", "unshift", "splice", "pop", "shift"):
            found = self.overlays[memo] = self.new_array([Rest(t)])
        return found if isinstance(found, JsArray) else None

    def changes(self, t: Term) -> list[tuple[Term, JsObject]]:
        """The parts of an unknown value, itself included, that the running call has changed."""
        root = self.frame.root
        out = []
        for key, o in self.overlays.items():
            made = key.__class__ is tuple and key[-1] == "made"
            if made and not isinstance(o, JsArray):
                continue
            at = key[0] if made else key
            part = at[1] if at.__class__ is tuple and at[0] == root else at
            p = part
            while p.__class__ is Term and p is not t and p.op in PARTS:
                p = p.args[0]
            if p is t:
                out.append((part, o))
        return out

    def _unknown_get(self, t: Term, k: Any, s: int) -> Value:
        if self.overlays and k == "length":
            listed = self.listed(t)
            if listed is not None:
                return self.get(listed, k, s)
        o = self.overlays.get(self._overlay_key(t))
        value: Value
        if o is not None and k in o.props:
            value = o.props[k]
        else:
            if k.__class__ is str and self._nullish_known(t):
                raise self.error("TypeError", f"Cannot read properties of undefined (reading '{k}')")
            typed = self.program.member_type(t.type, k)
            if t.op == "put":
                return self._put_part(t, k, s)
            child = self._member(t, k, typed)
            value = child
            code = self.frame.code
            if typed is None and k.__class__ is str and code is not None and t.base.op in ("arg", "dep"):
                client = self.program.carried(self, k, code.module)
                if client is not None:
                    return client
            if typed is not None:
                made = self.materialise(child, typed)
                if made is not None:
                    value = made
                    if t.shared:
                        return made
        if t.shared and self.tracking and self.mutable_dep(t):
            return self.note_read(("field", self.canon(t), k), value, s)
        return value

    def _put_part(self, t: Term, k: Any, s: int) -> Value:
        """A part of `put(base, (path, part), ...)`: what was put there, or into what was there."""
        base, *parts = t.args
        inner: Value = self.get(base, k, s) if base.__class__ is Term else term(".", base, k)
        within = []
        for path, part in parts:
            if path == (k,):
                return term("made", part) if part.__class__ is tuple else part
            if path[0] == k:
                within.append((path[1:], part))
        return term("put", raw(inner), *within) if within else inner

    @staticmethod
    def _member(t: Term, k: Any, typed: Typed | None) -> Term:
        """A field of an unknown value; what is kept under a key has that key as its `id`."""
        if t.op == "entry" and t.args[1].__class__ is Term and k.__class__ is str:
            path = path_of(t.args[1])
            if path is not None and (k == "id" or k == path.rsplit(".", 1)[-1]):
                key: Term = t.args[1]
                return key
        return term(".", t, k, type=typed)

    def _nullish_known(self, t: Term) -> bool:
        nothing = self.world.nothing
        return bool(nothing) and self.canon(t) in nothing

    @staticmethod
    def mutable_dep(t: Term) -> bool:
        """Fields of initial contents are tracked; those of injected services and imports only when written."""
        return t.base.op == "init"

    def set(self, o: Value, k: Value, v: Value, s: int) -> Value:
        """`o[k] = v`."""
        target = o.v if o.__class__ is V else o
        extra = (o.tags if o.__class__ is V else 0) | tags_of(k)
        if isinstance(target, JsArray) and not (k.__class__ is str and not k.isdigit()):
            self._set_element(target, k, v, s)
            return v
        if k.__class__ is not str and not isinstance(k, Symbol):
            k = self.property_key(k)
        if target.__class__ is Term:
            t: Term = target
            ov = self.overlay(t)
            if self.tracking and t.shared:
                self.note_write(("field", self.canon(t), k), v, s, self.share(v) | extra)
                ov.props[k] = raw(v)
            else:
                ov.props[k] = v
            return v
        if not isinstance(target, JsObject):
            if target is UNDEFINED or target is None:
                raise self.error("TypeError", f"Cannot set properties of {terms.to_text(target)}")
            return v
        h: JsObject | None = target
        while h is not None:
            found = h.props.get(k)
            if found.__class__ is Accessor:
                if found.set is UNDEFINED:
                    raise self.error("TypeError", f"Cannot set property {k} of object which has only a getter")
                self.call(found.set, target, [v], s)
                return v
            h = h.proto
        if target.frozen and self._refuses(target, k, v, s):
            return v
        if isinstance(target, JsArray) and k == "length":
            n = raw(v)
            items = target.items
            if n == 0:
                self.array_write(target, [], s, tags_of(v))
            elif isinstance(n, int):
                self.array_write(target, items[:n], s, tags_of(v))
            return v
        if self._tracked(target):
            tags = self.share(v) if target.shared else self.deep_tags(v)
            loc = ("prop", target.ident, self._prop_name(target), k)
            if k not in target.props and target.cls is None:
                self.writes.add(("keys", target.ident, target.label or "object"))
            self.note_write(loc, v, s, tags | extra)
            self._note_old(loc, target.props.get(k))
            self.symbolic.add(loc)
            target.props[k] = raw(v) if target.shared else v
        else:
            target.props[k] = v
            if not self.tracking:
                self._label(v, k if isinstance(k, str) else "entry")
        return v

    def _refuses(self, o: JsObject, k: Any, v: Value, s: int) -> bool:
        """Whether a write is done with (proxies, built-in objects); throws where it is not allowed."""
        if o.__class__ is JsProxy:
            builtins.proxy_set(self, o, k, v, s)
            return True
        attributes = o.frozen
        if attributes is BUILTIN:
            return True
        name = k if isinstance(k, str) else "property"
        if attributes is True or k in attributes.fixed:  # type: ignore[union-attr]
            raise self.error("TypeError", f"Cannot assign to read only property '{name}' of object")
        if k not in o.props and not attributes.extensible:  # type: ignore[union-attr]
            raise self.error("TypeError", f"Cannot add property {name}, object is not extensible")
        return False

    def delete(self, o: Value, k: Value, s: int) -> bool:
        """`delete o[k]`."""
        target = raw(o)
        if k.__class__ is not str:
            k = self.property_key(k)
        if target.__class__ is Term:
            ov = self.overlay(target)
            if self.tracking and target.shared:
                self.note_write(("field", self.canon(target), k), UNDEFINED, s)
            ov.props[k] = UNDEFINED
        elif isinstance(target, JsObject):
            if target.__class__ is JsProxy:
                return builtins.proxy_delete(self, target, k, s)
            if target.frozen and k in target.props:
                attributes = target.frozen
                if attributes is BUILTIN:
                    return True
                if attributes is True or k in attributes.locked:
                    raise self.error("TypeError", f"Cannot delete property '{k}' of object")
            if self._tracked(target):
                self.note_write(("prop", target.ident, self._prop_name(target), k), UNDEFINED, s)
                self.symbolic.add((("entry", target.ident, target.label or "record", k), "entry"))
            target.props.pop(k, None)
        return True

    def has(self, k: Value, o: Value, s: int) -> Value:
        """`k in o`."""
        target = raw(o)
        kk = self.property_key(k)
        if target.__class__ is Term:
            ov = self.overlays.get(self._overlay_key(target))
            if ov is not None and kk in ov.props:
                return True
            return self.ask(term("in", kk, self.canon(target)))
        if isinstance(target, JsObject):
            if target.__class__ is JsProxy:
                return builtins.proxy_has(self, target, kk, s)
            if isinstance(target, JsArray) and isinstance(kk, str) and (kk.isdigit() or kk == "length"):
                known = kk == "length" or int(kk) < len(self.array_read(target, s))
                return tagged(known, tags_of(self.array_tag(target)))
            h: JsObject | None = target
            while h is not None:
                if kk in h.props:
                    return (
                        self.note_read(("prop", target.ident, self._prop_name(target), kk), True, s)
                        if self._tracked(target)
                        else True
                    )
                h = h.proto
            if kk.__class__ is Term:
                return self.ne(self._dictionary_get(target, kk, s), UNDEFINED, s)
            if self._tracked(target):
                return self.note_read(("prop", target.ident, self._prop_name(target), kk), False, s)
        return False

    def _constant(self, o: JsObject, key: Any) -> bool:
        memo = (o.cls.code, key)
        found = self.constants.get(memo)
        if found is None:
            loaded = [m.code for m in self.modules.values()]
            found = self.constants[memo] = self.program.is_constant(o, key, loaded)
        return found

    # ------------------------------------------------------------------ arrays

    def array_read(self, a: JsArray, s: int) -> list[Value]:
        """The elements of an array, logging the read of a shared one."""
        if self._tracked(a):
            if a.shared and not a.items and a.owner is not None and a.owner.root < 0:
                self._maybe_filled(a)
            self.note_read(("array", a.ident, a.label or "array"), None, s)
        return a.items

    def _maybe_filled(self, a: JsArray) -> None:
        loc = ("array", a.ident, a.label or "array")
        if loc in self.symbolic:
            return
        self.symbolic.add(loc)
        typed = self._element_type(a, 0)
        if typed is None or self.program.kind_of(typed) in ("promise", "function", "timer", "lock"):
            return
        if not self.ask(term("initially-empty", a.ident, a.label or "array"), True):
            a.items = [Rest(term("init", a.ident, a.label or "array", type=a.types))]

    def array_write(self, a: JsArray, items: list[Value], s: int, tags: int = 0) -> None:
        """Replaces the elements, logging the write of a shared array."""
        if self._tracked(a):
            self.array_touch(a, s, tags)
            if a.shared:
                for v in items:
                    if v.__class__ is not Rest:
                        self.share(v)
                items = [v if v.__class__ is Rest else raw(v) for v in items]
        a.items = items

    def array_touch(self, a: JsArray, s: int, tags: int = 0) -> None:
        """Logs a write to a shared array."""
        loc = ("array", a.ident, a.label or "array")
        if self.tracking and a.shared and loc not in self.initial:
            self.initial[loc] = self.snapshot(a)
        self.note_write(loc, a, s, tags)
        self.symbolic.add(loc)

    def _length(self, items: list[Value]) -> Value:
        runs = [i for i in items if i.__class__ is Rest]
        if not runs:
            return len(items)
        unknown = Counter([term("length", i.term) for i in runs])
        return terms.total(len(items) - len(runs) - sum([i.fewer for i in runs]), unknown)

    def _element(self, a: JsArray, k: Value, s: int) -> Value:
        k = raw(k)
        items = self.array_read(a, s)
        tag = tags_of(self.array_tag(a))
        if isinstance(k, str):
            if not k.lstrip("-").isdigit():
                return self._get_object(a, k, s, a)
            k = int(k)
        if isinstance(k, int) and not any(i.__class__ is Rest for i in items[: k + 1]):
            if 0 <= k < len(items):
                return tagged(items[k], tag)
            return tagged(UNDEFINED, tag | self._origin_tags(a))
        others = next((i for i in items if i.__class__ is Rest), None)
        rest = others.term if others is not None else None
        if others is not None and isinstance(k, int) and k >= 0:
            k = others.position(k)
        if isinstance(k, Term) or rest is not None:
            key = self.property_key(k) if not isinstance(k, int) else k
            if key in a.props:
                return tagged(a.props[key], tag)
            base = rest if rest is not None else term("of", a.ident)
            return tagged(self.unknown(term("elem", base, key), self._element_type(a, 0)), tag)
        return UNDEFINED

    @staticmethod
    def _origin_tags(value: Value) -> int:
        """What it depended on that an array of results holds no more than it does."""
        return tags_of(value.props.get(FROM, UNDEFINED)) if isinstance(value, JsArray) else 0

    def _set_element(self, a: JsArray, k: Value, v: Value, s: int) -> None:
        k = raw(k)
        if isinstance(k, str) and k.isdigit():
            k = int(k)
        tags = self.deep_tags(v)
        if isinstance(k, int) and k >= 0 and not any(i.__class__ is Rest for i in a.items[: k + 1]):
            items = list(a.items)
            while len(items) <= k and k < 10_000:
                items.append(UNDEFINED)
            if k < len(items):
                items[k] = v
            self.array_write(a, items, s, tags)
            return
        if self._tracked(a):
            self.array_touch(a, s, tags)
            if a.shared:
                self.share(v)
        a.props[self.property_key(k)] = raw(v) if a.shared else v

    # ------------------------------------------------------------------ maps and sets

    def map_get(self, m: JsMap, key: Value, s: int) -> Value:
        """The value under `key`, or NOT_BOUND; logs the read."""
        k = self._entry_key(m, key)
        loc = ("entry", m.ident, m.label or m.kind, k)
        found = m.entries.get(k)
        value: Value = NOT_BOUND
        if found is not None:
            value = found[1]
        elif m.owner is not None and m.owner.root < 0 and self.tracking and m.shared and not self._weak_local(m, key):
            v = self._unknown_entry(m, k, loc)
            if v is not UNDEFINED:
                m.entries[k] = (raw(key), v)
                value = v
        if self._tracked(m) and not self._weak_local(m, key):
            tagged_value = self.note_read(loc, UNDEFINED if value is NOT_BOUND else value, s)
            if value is NOT_BOUND:
                return tagged(NOT_BOUND, tags_of(tagged_value))
            return tagged_value
        return value

    def _entry_key(self, m: JsMap, key: Value) -> Any:
        """The key of an entry: that of another one if it may be the same and is, as of a list that was put in."""
        k = self.key(key)
        if k.__class__ is not Term or k in m.entries or not m.entries:
            return k
        source = _list_of(k)
        position = source.args[1] if source is not None else 0
        for other in list(m.entries):
            listed = _list_of(other)
            if (
                listed is None
                or listed.args[1] != position
                or (source is not None and source.args[0] is listed.args[0])
            ):
                continue
            if self.equal(other, k, m.kind in ("Map", "WeakMap")):
                return other
        return k

    @staticmethod
    def _weak_local(m: JsMap, key: Value) -> bool:
        k = raw(key)
        return m.kind in ("WeakMap", "WeakSet") and (
            (k.__class__ is Term and k.call >= 0) or (isinstance(k, JsObject) and not k.shared)
        )

    def map_set(self, m: JsMap, key: Value, value: Value, s: int) -> None:
        """Stores under `key`; logs the write, and the change of the set of keys if there is one."""
        k = self._entry_key(m, key)
        if self._tracked(m) and not self._weak_local(m, key):
            tags = self.share(value) | tags_of(key) if m.shared else self.deep_tags(value)
            self.share(key)
            loc = ("entry", m.ident, m.label or m.kind, k)
            self.note_write(loc, value, s, tags)
            if k not in m.entries:
                self.writes.add(("keys", m.ident, m.label or m.kind))
            self.symbolic.add((loc, "entry"))
            value = raw(value) if m.shared else value
        m.entries[k] = (raw(key), value)

    def map_delete(self, m: JsMap, key: Value, s: int) -> Value:
        """Removes `key`; whether it was there."""
        k = self._entry_key(m, key)
        had = self.map_get(m, key, s)
        loc = ("entry", m.ident, m.label or m.kind, k)
        if self._tracked(m) and not self._weak_local(m, key):
            self.note_write(loc, UNDEFINED, s)
            self.writes.add(("keys", m.ident, m.label or m.kind))
            self.symbolic.add((loc, "entry"))
        m.removals += m.entries.pop(k, None) is not None
        return tagged(raw(had) is not NOT_BOUND, tags_of(had))

    def map_clear(self, m: JsMap, s: int) -> None:
        """Removes everything."""
        if self._tracked(m):
            for k in m.entries:
                self.note_write(("entry", m.ident, m.label or m.kind, k), UNDEFINED, s)
                self.symbolic.add((("entry", m.ident, m.label or m.kind, k), "entry"))
            self.note_write(("keys", m.ident, m.label or m.kind), UNDEFINED, s)
            self.symbolic.add(("cleared", m.ident))
        m.entries.clear()
        m.removals += 1

    def _meet_keys(self, m: JsMap) -> None:
        """Before an iteration: the entries that a container may have had when the calls began."""
        memory = ("iterated", m.ident)
        if (
            memory in self.symbolic
            or m.owner is None
            or m.owner.root >= 0
            or not m.shared
            or m.kind in ("WeakMap", "WeakSet")
        ):
            return
        self.symbolic.add(memory)
        paths = self.pattern.keys.get(m.ident)
        found = (
            [leaf(path, call) for path in paths for call in (0, 1)]
            if paths
            else [term("key", term("init", m.ident, m.label or "record"), 0)]
        )
        for key in found:
            k = self.canon(key)
            if k not in m.entries:
                v = self._unknown_entry(m, k, ("entry", m.ident, m.label or m.kind, k))
                if v is not UNDEFINED:
                    m.entries[k] = (k, v)

    def map_size(self, m: JsMap, s: int) -> Value:
        """The number of entries."""
        loc = ("keys", m.ident, m.label or m.kind)
        n: Value = len(m.entries)
        if m.owner is not None and m.owner.root < 0 and self.tracking and m.shared:
            kind = self.program.kind_of(self._element_type(m, 1 if m.kind == "Map" else 0))
            left = kind not in ("promise", "function", "timer", "lock") and ("cleared", m.ident) not in self.symbolic
            if left and not self.ask(term("initially", loc), True):
                n = terms.add(term("init", loc, "size"), n)
        if self._tracked(m):
            for k in m.entries:
                self.reads.add(("entry", m.ident, m.label or m.kind, k))
            return self.note_read(loc, n, s)
        return n

    def map_entries(self, m: JsMap, s: int) -> list[tuple[Value, Value]]:
        """The entries in order of insertion; logs the read of the set of keys."""
        if self._tracked(m):
            self._meet_keys(m)
            self.note_read(("keys", m.ident, m.label or m.kind), None, s)
            out: list[tuple[Value, Value]] = []
            for k, (a, b) in list(m.entries.items()):
                out.append((a, self.note_read(("entry", m.ident, m.label or m.kind, k), b, s)))
            return out
        return list(m.entries.values())

    # ------------------------------------------------------------------ calls

    def call(self, f: Value, this: Value, args: list[Value], s: int) -> Value:
        """`f(args)` with a receiver."""
        if f.__class__ is V:
            return tagged(self.call(f.v, this, args, s), f.tags)
        if f.__class__ is JsFunction:
            if f.native is not None:
                return f.native(self, this, args, s)
            if f.is_class:
                raise self.error("TypeError", f"Class constructor {f.name} cannot be invoked without 'new'")
            if f.bound_this is not NOT_BOUND:
                this = f.bound_this
            return self.invoke(f, this, args, f.bound_nt, s)
        if f.__class__ is Term:
            if len(args) == 1 and self.program.takes_nothing(f.type):
                args = []
            return self.unknown_call(self._call_name(f), self._receiver(f), args, s, f)
        if isinstance(f, JsFunction):
            raise self.error("TypeError", f"Class constructor {f.name} cannot be invoked without 'new'")
        raise self.error("TypeError", "value is not a function")

    @staticmethod
    def _call_name(f: Term) -> str:
        if f.op == "." and isinstance(f.args[1], str):
            base = f.args[0]
            return f"{Machine._call_name(base)}.{f.args[1]}" if base.__class__ is Term else str(f.args[1])
        if f.op in ("arg", "dep", "init", "fresh"):
            return str(f.args[1] if f.op in ("arg",) else f.args[-1])
        if f.op == "inherited":
            return str(f.args[1])
        if f.op == "call":
            return str(f.args[0]) + "()"
        if f.op == "await":
            return Machine._call_name(f.args[0]) if f.args[0].__class__ is Term else "value"
        return "value"

    @staticmethod
    def _receiver(f: Term) -> Value:
        return f.args[0] if f.op == "." else UNDEFINED

    def callm(self, o: Value, k: Value, args: list[Value], s: int) -> Value:
        """`o[k](args)`."""
        if o.__class__ is V:
            if o.v.__class__ is JsArray and k not in ELEMENTWISE:
                self.measured |= o.tags
            r = self.callm(o.v, k, args, s)
            return tagged(r, o.tags)
        if o.__class__ is Term:
            t: Term = o
            if k.__class__ is not str:
                k = self.property_key(k)
            ov = self.overlays.get(self._overlay_key(t))
            if ov is not None and k in ov.props:
                return self.call(ov.props[k], o, args, s)
            listed = self.listed(t, k)
            if listed is not None:
                return self.callm(listed, k, args, s)
            if k in ("then", "catch", "finally") and args and self._promise_like(t):
                return self.callm(self.external_term(t, s), k, args, s)
            if self._nullish_known(t):
                raise self.error("TypeError", f"Cannot read properties of undefined (reading '{k}')")
            typed = self.program.member_type(t.type, k) if isinstance(k, str) else None
            fn = term(".", t, k, type=typed)
            if isinstance(k, str):
                own = self.program.method_of(self, t.type, k)
                if own is not None:
                    return self.call(own, o, args, s)
                client = self.program.adopted_client(self, t, k)
                if client is not None:
                    return self.callm(client, k, args, s)
            made = builtins.unknown_method(self, t, k, args, s)
            if made is not NOT_BOUND:
                return made
            return self.unknown_call(self._call_name(fn), t, args, s, fn)
        f = self.get(o, k, s)
        ff = f.v if f.__class__ is V else f
        if not self.tracking and k in LISTENING and any(isinstance(raw(a), JsFunction) for a in args):
            self.register(str(k), o, args, s)
        if ff is UNDEFINED and not isinstance(k, Symbol) and o is not UNDEFINED and o is not None:
            # The type checker saw this method: what lacks it is our picture of the object.
            name = f"{o.label or self._prop_name(o)}.{k}" if isinstance(o, JsObject) else f"value.{k}"
            return tagged(self.unknown_call(name, o, args, s, None), self.deep_tags(o))
        if ff is UNDEFINED or ff is None:
            raise self.error("TypeError", f"{k} is not a function")
        if ff.__class__ is Term and ff.op == "inherited":
            if k == "emit":  # to listeners of its own, and none is known
                return True
            return tagged(self.unknown_call(f"{o.label or 'this'}.{k}", o, args, s, ff), self.deep_tags(o))
        return self.call(f, o, args, s)

    def spend(self) -> None:
        """Accounts for one operation."""
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise Exhausted("operations")

    def invoke(self, f: JsFunction, this: Value, args: list[Value], nt: Value, s: int) -> Value:
        """Calls an interpreted function in a new frame."""
        code = f.code
        assert code is not None
        self.spend()
        self._entered.add(code)
        caller = self.frame
        if self.tracking and code not in self.invoked and self._sheltered(code, this, args, caller):
            self.invoked.add(code)
        elif not self.tracking and caller.code is not None and caller.code.kind == "module":
            self.started.add(code)
        frame = Frame(code, caller, s, self.act.root)
        frame.args = args
        maker = f.owner
        if maker is not None and maker.root >= 0:
            frame.served = maker.root
        if frame.depth > MAX_DEPTH:
            self.bounds.add((code.module.path, code.span[0], f"calls nested deeper than {MAX_DEPTH}"))
            return term("call", code.name, "recursion")
        before = frame.ctrl
        if code.is_async or code.is_generator:
            return self._start(f, code, frame, this, args, nt, s)
        self.frame = frame
        try:
            result = code.fn(self, f, this, args, nt)
        except JsThrow as e:
            e.ctrl |= frame.ctrl
            raise
        except Unsupported as u:
            self.unsupported.add((code.module.path, u.line or code.span[0], u.message))
            return term("call", code.name, "unsupported")
        finally:
            self.frame = caller
        extra = frame.ctrl & ~before
        if not extra:
            return result
        kept = extra if code.throws else frame.kept
        if kept:  # that it returned at all
            caller.ctrl |= kept
            caller.kept |= kept
        return tagged(result, extra)

    def _sheltered(self, code: FunctionCode, this: Value, args: list[Value], caller: Frame) -> bool:
        """Whether a function is run as a part of its caller: by its own module, or under something that protects it.

        That is a lock held by the caller, a client or transaction handed over, or a shared flag that the caller
        has set before.
        """
        if caller.code is None:
            return False
        if caller.code.module is code.module or self.program.is_model(code.module.path):
            return True
        root = self.act.root
        if root in self.marked or any(h.root == root for lock in self.locks for h, _ in lock.holders):
            return True
        for a in args:
            value = raw(a)
            if isinstance(value, JsObject) and self.program.is_model_class(value.cls):
                return True
        return False

    def _start(
        self, f: JsFunction, code: FunctionCode, frame: Frame, this: Value, args: list[Value], nt: Value, s: int
    ) -> Value:
        parent = self.act
        parent.counter += 1
        act = Activation((*parent.path, parent.counter), parent.root, frame)
        act.gen = code.fn(self, f, this, args, nt)
        if code.is_generator:
            g = JsGenerator(self.ident(), self.protos["AsyncGenerator" if code.is_async else "Generator"])
            g.owner = parent
            g.gen = act.gen
            g.act = act
            return g
        promise = self.new_promise()
        promise.act = act
        promise.site = (frame.parent, s)
        act.promise = promise
        self.promises.append(promise)
        self.resume(act, 0, UNDEFINED)
        if self.serial and self.tracking and promise.state == 0 and parent.root >= 0:
            self._finish_first(act)
        return promise

    def _finish_first(self, act: Activation) -> None:
        """Serial semantics: the callee runs to completion before its caller goes on."""
        saved = self.act, self.frame
        for _ in range(MAX_EVENTS):
            self.drain()
            if act.promise is None or act.promise.state or act.parked:
                break
            mine = [p for p in self.pending if p.act.path[: len(act.path)] == act.path and self._ready(p)]
            if not mine:
                break
            self._fire(mine[0])
        self.act, self.frame = saved

    def resume(self, act: Activation, mode: int, value: Value) -> None:
        """Runs an activation until it suspends or ends. mode 0: a value arrives, 1: an exception."""
        saved_act, saved_frame = self.act, self.frame
        self.act, self.frame = act, act.frame
        act.awaits = None
        try:
            if mode:
                msg = act.gen.throw(value)
            else:
                msg = act.gen.send(value if act.started else None)
                act.started = True
        except StopIteration as e:
            act.done = True
            act.result = e.value
            assert act.promise is not None
            extra = act.frame.ctrl & ~(act.frame.parent.ctrl if act.frame.parent is not None else 0)
            self.resolve(act.promise, tagged(e.value, extra))
        except JsThrow as e:
            act.done = True
            assert act.promise is not None
            e.ctrl |= act.frame.ctrl
            self.reject(act.promise, e.value, e.ctrl)
        except Park:
            act.parked = self.parked = True
        except Unsupported as u:
            act.done = True
            code = act.frame.code
            assert act.promise is not None and code is not None
            self.unsupported.add((code.module.path, u.line or code.span[0], u.message))
            self.resolve(act.promise, term("call", code.name, "unsupported"))
        else:
            kind, v, s = msg
            act.await_site = s
            if kind == 0:
                self._await(act, v, s)
        finally:
            self.act, self.frame = saved_act, saved_frame

    def _await(self, act: Activation, v: Value, s: int) -> None:
        p = self.to_promise(v, s)
        act.awaits = p
        if self.tracking:
            self._log("A", ("await",), None, s)
        p.handled = True
        p.observed = True
        self._react(p, act)

    def to_promise(self, v: Value, s: int) -> JsPromise:
        """PromiseResolve (ECMA-262 section 27.2.4.7.1); an unknown result is an external operation."""
        r = raw(v)
        if r.__class__ is JsPromise:
            promise: JsPromise = r
            return promise
        if r.__class__ is Term and self._promise_like(r):
            return self.external_term(r, s, tags=tags_of(v))
        p = self.new_promise()
        self.resolve(p, v)
        return p

    def _promise_like(self, t: Term) -> bool:
        """Whether awaiting this unknown value may suspend on input or output."""
        if t.type is not None:
            kind = self.program.kind_of(t.type)
            if kind == "promise":
                return True
            if kind in ("primitive", "array", "map", "lock", "void"):
                return False
        return t.op in ("call", "recursion") or (t.op in ("arg", ".", "entry") and t.type is None)

    def external_term(self, t: Term, s: int, name: str = "", tags: int = 0) -> JsPromise:
        """The promise of an unknown asynchronous result; `tags` is what the question depended on."""
        started = self.unwaited.pop(t, None)
        if started is not None and len(self.log) > started[2]:
            self.waited.append((t, *started[:3], len(self.log)))
        typed = self.program.awaited_type(t.type)
        value = tagged(self.unknown(term("await", t, type=typed), typed), tags)
        return self.external(name or self._call_name(t), lambda: value, s, effect=None)

    def new_promise(self) -> JsPromise:
        """A pending promise."""
        p = JsPromise(self.ident(), self.protos["Promise"])
        p.owner = self.act
        return p

    # ------------------------------------------------------------------ promises (ECMA-262 section 27.2)

    def resolve(self, p: JsPromise, v: Value) -> None:
        """The resolve function of `p`."""
        if p.state:
            return
        r = raw(v)
        if r.__class__ is JsPromise:
            if r is p:
                self.reject(p, raw(self.error("TypeError", "Chaining cycle detected for promise").value))
                return
            r.handled = True
            r.observed = True
            p.waits_for = r
            self.micro.append((self._adopt, (p, r)))
            return
        if r.__class__ is Term and r.op == "call" and self._promise_like(r) and self.tracking:
            inner = self.external_term(r, 0, tags=tags_of(v))
            p.waits_for = inner
            inner.handled = inner.observed = True
            self.micro.append((self._adopt, (p, inner)))
            return
        if isinstance(r, JsObject) and not isinstance(r, JsFunction) and not isinstance(r, JsArray):
            then = self.get(r, "then", 0) if self._has_then(r) else UNDEFINED
            if isinstance(raw(then), JsFunction):
                self.micro.append((self._adopt_thenable, (p, r, then, self.act, self.frame)))
                return
        self._settle(p, 1, v)

    @staticmethod
    def _has_then(o: JsObject) -> bool:
        h: JsObject | None = o
        while h is not None:
            if "then" in h.props:
                return True
            h = h.proto
        return False

    def _adopt(self, p: JsPromise, r: JsPromise) -> None:
        self._react(r, (p, UNDEFINED, UNDEFINED, self.act, self.frame, 0))

    def _adopt_thenable(self, p: JsPromise, r: JsObject, then: Value, act: Activation, frame: Frame) -> None:
        saved = self.act, self.frame
        self.act, self.frame = act, frame
        try:
            a, b = self.resolvers(p)
            self.call(then, r, [a, b], 0)
        except JsThrow as e:
            self.reject(p, e.value, e.ctrl)
        finally:
            self.act, self.frame = saved

    def resolvers(self, p: JsPromise) -> tuple[JsFunction, JsFunction]:
        """The two resolving functions of a promise: the first call of either counts."""
        done = False

        def yes(R: Machine, this: Value, args: list[Value], s: int) -> Value:
            nonlocal done
            if not done:
                done = True
                R.note_settle(p, s)
                R.resolve(p, args[0] if args else UNDEFINED)
            return UNDEFINED

        def no(R: Machine, this: Value, args: list[Value], s: int) -> Value:
            nonlocal done
            if not done:
                done = True
                R.note_settle(p, s)
                R.reject(p, args[0] if args else UNDEFINED)
            return UNDEFINED

        p.settlers = self.native("resolve", yes), self.native("reject", no)
        for f in p.settlers:
            f.shared = False  # until it is stored where others find it
        code = self.frame.code
        p.served = code is not None and self.in_model() and lexicon.is_limiter(code.module.path)
        return p.settlers[0], p.settlers[1]

    def note_settle(self, p: JsPromise, s: int) -> None:
        """Settling a promise that another call waits for is a dependence between the two."""
        if self.tracking and p.state == 0:
            self.writes.add(("promise", p.ident))

    def reject(self, p: JsPromise, v: Value, ctrl: int = 0) -> None:
        """The reject function of `p`."""
        if p.state:
            return
        self._settle(p, 2, tagged(v, ctrl))

    def _settle(self, p: JsPromise, state: int, v: Value) -> None:
        p.state = state
        p.value = v
        p.waits_for = None
        reactions, p.reactions = p.reactions, []
        for r in reactions:
            self.micro.append((self._run_reaction, (r, state, v)))

    def _react(self, p: JsPromise, reaction: Any) -> None:
        if p.state == 0:
            p.reactions.append(reaction)
            if self.tracking:
                self.reads.add(("promise", p.ident))
        else:
            self.micro.append((self._run_reaction, (reaction, p.state, p.value)))

    def then(self, p: JsPromise, on_ok: Value, on_err: Value, s: int) -> JsPromise:
        """`p.then(on_ok, on_err)`."""
        derived = self.new_promise()
        p.handled = True
        p.observed = True
        derived.site = (self.frame, s)
        if raw(on_err) is UNDEFINED:
            derived.operation = p.operation
        self.promises.append(derived)
        self._react(p, (derived, on_ok, on_err, self.act, self.frame, s))
        return derived

    def _run_reaction(self, r: Any, state: int, v: Value) -> None:
        if r.__class__ is Activation:
            if state == 1 and v.__class__ is V and v.v is UNDEFINED:
                r.frame.ctrl |= v.tags  # that it did not fail is all that it says
            self.resume(r, state - 1, v if state == 1 else JsThrow(v, tags_of(v)))
            return
        if r.__class__ is not tuple:
            r(state, v)
            return
        derived, on_ok, on_err, act, frame, s = r
        handler = raw(on_ok if state == 1 else on_err)
        if not (isinstance(handler, JsFunction) or handler.__class__ is Term):
            if state == 1:
                self.resolve(derived, v)
            else:
                self.reject(derived, v)
            return
        saved = self.act, self.frame
        self.act, self.frame = act, frame
        try:
            self.resolve(derived, tagged(self.call(handler, UNDEFINED, [v], s), tags_of(v)))
        except JsThrow as e:
            self.reject(derived, e.value, e.ctrl)
        except Park:
            self.parked = True  # the process ended, or a loop never does: the promise stays as it is
        finally:
            self.act, self.frame = saved

    # ------------------------------------------------------------------ events

    def drain(self) -> None:
        """Runs process.nextTick callbacks and microtasks until none is left."""
        micro, ticks = self.micro, self.ticks
        while micro or ticks:
            self.operations += 1
            if self.operations > MAX_OPERATIONS:
                raise Exhausted("operations")
            queue = ticks if ticks else micro
            fn, args = queue.popleft()
            fn(*args)
            if queue is micro:
                while micro:
                    self.operations += 1
                    if self.operations > MAX_OPERATIONS:
                        raise Exhausted("operations")
                    fn, args = micro.popleft()
                    fn(*args)

    def event_key(self) -> Any:
        """A deterministic identity for the next event that the running activation creates."""
        act = self.act
        act.counter += 1
        return (act.path, act.counter)

    def post(self, name: str, fire: Callable[[], bool], s: int) -> Pending:
        """Adds a pending event."""
        p = Pending(self.event_key(), name, fire, self.act)
        p.site = (self.frame, s)
        self.pending.append(p)
        self.created.append(p)
        return p

    def external(self, name: str, fn: Callable[[], Value], s: int, effect: str | None) -> JsPromise:
        """An external asynchronous operation: takes effect at one instant, resumes its caller at a later one.

        `fn` runs at the instant of effect (and may throw or return `Blocked`); operations without a
        model (`effect` None) touch nothing, so that the two instants are one.
        """
        promise = self.new_promise()
        self.promises.append(promise)
        promise.site = (self.frame, s)
        promise.operation = self.frame
        act, frame = self.act, self.frame
        if frame.root <= 0:
            self.external_count += 1
        rejected = self.tracking and self.external_count - 1 == self.reject_at and frame.root == 0
        if self.tracking:
            self.externals.append((name, frame, s))
        outcome: list[Any] = []

        def fire() -> bool:
            if not outcome and not rejected:
                saved = self.act, self.frame
                self.act, self.frame = act, frame
                try:
                    result = fn()
                    blocked = getattr(result, "blocked", None)
                    if blocked is not None:
                        pending.blocked = blocked
                        return True
                    outcome.append((1, result))
                except JsThrow as e:
                    outcome.append((2, tagged(e.value, e.ctrl)))
                finally:
                    self.act, self.frame = saved
                if effect is not None and self.tracking:
                    return True
            if rejected:
                error = self.error("Error", f"{name} failed")
                self.reject(promise, error.value)
            elif outcome[0][0] == 1:
                self.resolve(promise, outcome[0][1])
            else:
                self.reject(promise, outcome[0][1])
            return False

        pending = self.post(name, fire, s)
        return promise

    def timer(self, delay: Value, callback: Callable[[], None], s: int, name: str) -> Pending:
        """A timer: fires once due; virtual time orders timers among themselves."""
        d = raw(delay)
        ms = (
            float(d)
            if isinstance(d, int | float) and not isinstance(d, bool) and d == d
            else (1.0 if d is UNDEFINED else 1000.0)
        )
        frame = self.frame
        act = self.act

        def fire() -> bool:
            self.now = max(self.now, p.due or 0.0)
            saved = self.act, self.frame
            child = Activation((*act.path, p.key[1]), act.root, frame)
            self.act, self.frame = child, frame
            try:
                callback()
            except (JsThrow, Park):
                pass
            finally:
                self.act, self.frame = saved
            return False

        p = self.post(name, fire, s)
        p.due = self.now + max(ms, 1.0)
        self.timer_seq += 1
        p.seq = self.timer_seq
        return p

    def cancel_timer(self, p: Pending) -> None:
        """Makes a pending timer do nothing; that it may fire first is for the search to see."""
        if p not in self.pending:
            return
        if not self.tracking:
            self.pending.remove(p)
            return
        self.writes.add(("timer", p.key))

        def nothing() -> bool:
            self.writes.add(("timer", p.key))
            return False

        p.fire, p.due, p.blocked = nothing, None, None

    def _ready(self, p: Pending) -> bool:
        if p.blocked is not None:
            if p.blocked():
                return False
            p.blocked = None
        if p.due is not None:
            for q in self.pending:
                if q.due is not None and (q.due, q.seq) < (p.due, p.seq):
                    return False
        return True

    def enabled(self) -> list[Pending]:
        """The events that can happen next."""
        return [p for p in self.pending if self._ready(p)]

    def _fire(self, p: Pending) -> None:
        """Performs one event to quiescence."""
        self.event += 1
        if p.due is not None:
            self.writes.add(("timer", p.key))
        p.fired = self.event
        if not p.fire() and p in self.pending:
            self.pending.remove(p)
        self.drain()

    # ------------------------------------------------------------------ unknown calls

    def unknown_call(self, name: str, receiver: Value, args: list[Value], s: int, fn: Term | None) -> Value:
        """A call whose body is not known: classified by its name, its receiver and its callbacks."""
        from krepis.twin.typescript import unknowns

        return unknowns.call(self, name, receiver, args, s, fn)

    def who(self, value: Value) -> Any:
        """A hashable identity of an object, or of an unknown value that stands for one."""
        v = raw(value)
        return self.canon(v) if v.__class__ is Term else v.ident if isinstance(v, JsObject) else None

    def listens_late(self, emitter: Value, s: int) -> None:
        """Notes that a call begins to listen for an answer after it has waited since it asked for it."""
        said = self.spoken.get((self.frame.root, self.who(emitter)))
        if said is not None and said[1] and said[0] < self.event:
            self._log("D", ("misuse", "an answer that came before anybody listened for it is missed"), UNDEFINED, s)

    def register(self, name: str, receiver: Value, args: list[Value], s: int) -> None:
        """A framework is handed callbacks: they become entry points."""
        if self.discovering or not self.tracking:
            self.entries.append((name, receiver, args, self.frame, s))

    # ------------------------------------------------------------------ functions and classes

    def func(self, i: int, env: tuple[Any, ...], parent: JsFunction) -> JsFunction:
        """A function declaration or expression."""
        assert parent.code is not None
        code = parent.code.module.functions[i]
        f = JsFunction(self.ident(), self.protos["Function"], code.name.rsplit(".", 1)[-1])
        f.code = code
        f.env = env
        f.parent = parent
        f.owner = self.act
        f.shared = not self.tracking
        return f

    def arrow(self, i: int, env: tuple[Any, ...], this: Value, parent: JsFunction, nt: Value = UNDEFINED) -> JsFunction:
        """An arrow function: `this` is that of its surroundings."""
        f = self.func(i, env, parent)
        f.bound_this = this
        f.bound_nt = nt
        f.home = parent.home
        f.klass = parent.klass
        return f

    def method(self, i: int, env: tuple[Any, ...], home: Any, parent: JsFunction | None = None) -> JsFunction:
        """A method of an object literal."""
        owner = parent if parent is not None else home
        f = self.func(i, env, owner)
        if isinstance(home, JsObject) and not isinstance(home, JsFunction):
            f.home = home
        return f

    def obj(self, s: int) -> JsObject:
        """An empty object literal."""
        return self.new_object()

    def objlit(self, entries: list[Any], s: int, o: JsObject | None = None) -> JsObject:
        """An object literal."""
        if o is None:
            o = self.new_object()
        props = o.props
        for entry in entries:
            kind = entry[0]
            if kind == 0:
                k, v = entry[1], entry[2]
                if k.__class__ is not str:
                    k = self.property_key(k)
                vv = v.v if v.__class__ is V else v
                if k == "__proto__" and (vv is None or isinstance(vv, JsObject)):
                    o.proto = vv
                    continue
                props[k] = v
                if len(entry) > 3 and self.tracking:
                    if o.sites is None:
                        o.sites = {}
                    o.sites[k] = entry[3]
                elif not self.tracking and isinstance(vv, JsObject) and not vv.label and k.__class__ is str:
                    self._label(vv, k)
                if vv.__class__ is JsFunction and vv.home is None and vv.bound_this is NOT_BOUND:
                    vv.home = o
            elif kind == 1:
                self._spread_into(o, entry[1], s)
                props = o.props
            else:
                k = entry[1] if entry[1].__class__ is str else self.property_key(entry[1])
                old = props.get(k)
                g = old.get if old.__class__ is Accessor else UNDEFINED
                st = old.set if old.__class__ is Accessor else UNDEFINED
                props[k] = Accessor(entry[2], st) if kind == 2 else Accessor(g, entry[2])
        return o

    def _spread_into(self, o: JsObject, value: Value, s: int) -> None:
        t = tags_of(value)
        value = raw(value)
        if value.__class__ is Term:
            ov = self.overlays.get(self._overlay_key(value))
            base = self.canon(value)
            if value.shared and self.tracking and self.mutable_dep(value):
                got = self.note_read(("field", base, "*"), UNDEFINED, s)
                t |= tags_of(got)
                self.reads.update(("field", base, k) for k in (ov.props if ov is not None else ()))
            o.props[("spread", base)] = tagged(value, t)
            if ov is not None:
                for k, v in ov.props.items():
                    o.props[k] = tagged(v, t)
            if o.term is None:
                o.term = value
            return
        if isinstance(value, JsArray | str):
            for i, v in enumerate(self.array_read(value, s) if isinstance(value, JsArray) else value):
                o.props[str(i)] = v
            return
        if value.__class__ is JsProxy:
            for k in builtins.proxy_keys(self, value, s):
                o.props[k] = tagged(self.get(value, k, s), t)
            return
        if isinstance(value, JsObject):
            hidden = getattr(value.frozen, "hidden", ())
            if value.props.__class__ is not dict:
                from krepis.twin.typescript import store_js

                store_js.copy_columns(self, value, o)
            for k in list(value.props):
                if k in hidden:
                    continue
                v = value.props[k]
                if isinstance(k, tuple):
                    o.props[k] = tagged(v, t)
                    continue
                o.props[k] = tagged(self._get_object(value, k, s, value), t)
            if value.term is not None and o.term is None:
                o.term = value.term
            if t and not value.props:
                o.props[FROM] = V(UNDEFINED, t)

    def class_(
        self,
        i: int,
        base: Value,
        envs: list[tuple[Any, ...]],
        keys: list[Value],
        fn: JsFunction,
        this: Value,
        s: int,
        cell: Cell | None = None,
    ) -> JsFunction:
        """A class: constructor function, prototype, static members."""
        assert fn.code is not None
        from krepis.twin.typescript.classes import make_class

        return make_class(self, fn.code.module.classes[i], base, envs, keys, fn, this, s, cell)

    def new(self, c: Value, args: list[Value], s: int, types: int | None = None) -> Value:
        """`new c(args)`."""
        ctor = raw(c)
        if isinstance(ctor, JsFunction):
            if ctor.native is not None and not ctor.is_class:
                made = ctor.native(self, NEW, args, s)
                if types is not None and isinstance(made, JsObject):
                    made.types = (self.frame.code.module.type_refs[types], self.frame.code.module)  # type: ignore[union-attr]
                return made
            from krepis.twin.typescript.classes import construct

            return construct(self, ctor, args, ctor, s)
        if ctor.__class__ is Term:
            return self._new_unknown(ctor, args, s)
        raise self.error("TypeError", "value is not a constructor")

    def _new_unknown(self, ctor: Term, args: list[Value], s: int) -> Value:
        """An object of a class without a body: remembers what it was made from."""
        from krepis.twin.typescript import unknowns

        if not self.tracking:
            unknowns.register_resolvers(self, args, s)
        o = self.new_object()
        o.term = term("dep", "new", *ctor.args[:2], self._call_name(ctor)) if not self.tracking else None
        o.label = self._call_name(ctor)
        o.props[("args",)] = self.new_array(list(args))
        o.cls = self.program.unknown_class(ctor)
        return o

    def supercall(self, fn: JsFunction, this: Value, args: list[Value], nt: Value, s: int) -> Value:
        """`super(...)`."""
        from krepis.twin.typescript.classes import super_construct

        return super_construct(self, fn, this, args, nt, s)

    def superget(self, fn: JsFunction, this: Value, k: Value, s: int) -> Value:
        """`super.k`."""
        home = fn.home
        base = home.proto if home is not None else None
        if base is None:
            return UNDEFINED
        return self._get_object(base, k if k.__class__ is str else self.property_key(k), s, this)

    def superset(self, fn: JsFunction, this: Value, k: Value, v: Value, s: int) -> Value:
        """`super.k = v`: the setter of the base class, or a field of the object itself."""
        name = k if k.__class__ is str else self.property_key(k)
        o = fn.home.proto if fn.home is not None else None
        while o is not None:
            found = o.props.get(name)
            if found.__class__ is Accessor and found.set is not UNDEFINED:
                self.call(found.set, this, [v], s)
                return v
            o = o.proto
        return self.set(this, k, v, s)

    def supermethod(self, fn: JsFunction, this: Value, k: Value, args: list[Value], s: int) -> Value:
        """`super.k(...)`."""
        f = self.superget(fn, this, k, s)
        if raw(f) is UNDEFINED:
            return self.unknown_call(f"super.{k}", this, args, s, None)
        return self.call(f, this, args, s)

    def arguments(self, args: list[Value]) -> Value:
        """The `arguments` object."""
        return self.new_array(list(args))

    def spread(self, parts: list[Any], s: int) -> list[Value]:
        """Argument and element lists with spreads."""
        out = Spread()
        for kind, v in parts:
            if kind == 0:
                out.append(v)
                continue
            r = raw(v)
            t = tags_of(v)
            if isinstance(r, JsArray):
                items = self.array_read(r, s)
                t |= tags_of(self.array_tag(r))
                out.extend([i if i.__class__ is Rest else tagged(i, t) for i in items])
                if t and (not items or any(i.__class__ is Rest for i in items)):
                    out.tags |= t
            elif r.__class__ is Term:
                out.append(Rest(r))
                out.tags |= t
            elif r is UNDEFINED or r is None:
                raise self.error("TypeError", "Spread syntax requires an iterable")
            else:
                out.extend(tagged(x, t) for x in self.iter(v, s))
        if len(out) > MAX_LENGTH:
            raise Exhausted("array length")
        return out

    def arr(self, items: list[Value], s: int) -> JsArray:
        """An array literal."""
        a = self.new_array(items)
        if items.__class__ is Spread and items.tags:
            a.props[FROM] = V(UNDEFINED, items.tags)
        return a

    def typed(self, value: Value, index: int) -> Value:
        """Attaches what an annotation says."""
        r = raw(value)
        module = self.frame.code.module  # type: ignore[union-attr]
        ref = module.type_refs[index]
        if isinstance(r, JsObject):
            if r.types is None:
                r.types = (ref, module)
        elif r.__class__ is Term and r.type is None:
            r.type = (ref, module)
        return value

    # ------------------------------------------------------------------ operators

    def truth(self, v: Value, s: int, default: bool = True) -> bool:
        """ToBoolean; an unknown value splits the scenario; the frame's control depends on the value."""
        if v is True or v is False:
            return bool(v)
        if v.__class__ is V:
            self.frame.ctrl |= v.tags
            v = v.v
            if v is True or v is False:
                return bool(v)
        if v is UNDEFINED or v is None:
            return False
        if v.__class__ is Term:
            return self._truth_term(v, default)
        if isinstance(v, str | int):
            return bool(v)
        if isinstance(v, float):
            return v == v and v != 0
        return True

    def _truth_term(self, t: Term, default: bool) -> bool:
        if t.op in PREDICATES:
            return self.ask(t, default)
        kind = self.program.kind_of(t.type)
        if kind in ("function", "lock", "map") or (kind in ("object", "promise", "array") and t.op != "call"):
            if not self.program.optional(t.type):
                return True
        if t.op in ("arg", "dep", "new") and t.type is None and t.op == "dep":
            return True
        if t.op == "tmpl":
            return True
        if t.op == "fresh":
            return True
        return self.ask(term("truthy", self.canon(t)), default)

    def joined(self, v: Value, saved: int) -> Value:
        """A local that a branch may have assigned: its value depends on what decided between the branches."""
        return tagged(v, self.frame.ctrl & ~saved)

    def rejoin(self, saved: int) -> None:
        """Where branches meet again, only what could have thrown in them still matters."""
        frame = self.frame
        after = frame.ctrl & (saved | frame.kept)
        frame.past |= frame.ctrl & ~after
        frame.ctrl = after

    def unlikely(self, v: Value, s: int) -> bool:
        """Truth of a guard that leaves: tried as false first."""
        return self._way(s, self.truth(v, s, False), False)

    def detours(self, v: Value, s: int) -> bool:
        """The same of one that changes something before it leaves: both answers let code run."""
        yes = self.truth(v, s, False)
        return self._way(s, yes, not yes)

    def opens(self, v: Value, s: int) -> bool:
        """Truth of a condition under which, and only then, some code runs."""
        return self._way(s, self.truth(v, s), True)

    def shuts(self, v: Value, s: int) -> bool:
        """Truth of a condition that keeps some code from running."""
        return self._way(s, self.truth(v, s), False)

    def turns(self, v: Value, s: int) -> bool:
        """Truth of a condition that chooses between codes."""
        yes = self.truth(v, s)
        return self._way(s, yes, not yes)

    def _way(self, s: int, yes: bool, matters: bool) -> bool:
        """Notes that a condition held or not; `matters` is the answer that lets code run which else does not."""
        if self.tracking:
            world, frame = self.world, self.frame
            world.entered.add((frame.root, frame.code, s, yes))
            if len(world.order) > world.noted:
                if yes is not matters:
                    for q in world.order[world.noted :]:
                        world.leads.setdefault(q, []).append((frame.root, frame.code, s, matters))
                world.noted = len(world.order)
        return yes

    def enough(self, v: Value, s: int) -> bool:
        """Truth of a guard that ends a loop: tried as false first, until a loop without another end went round."""
        return self.truth(v, s, self.frame.weary)

    def more(self, v: Value, s: int) -> bool:
        """The same of a guard that says what a loop goes on for."""
        return self.truth(v, s, not self.frame.weary)

    def nullish(self, v: Value, s: int, likely: bool = False) -> bool:
        """Whether `v` is null or undefined."""
        if v.__class__ is V:
            self.frame.ctrl |= v.tags
            v = v.v
        if v is UNDEFINED or v is None:
            return True
        if v.__class__ is Term:
            if (
                v.op in PREDICATES
                or v.op in ("lin", "tmpl", "fresh", "dep", "init", "length")
                or (v.shared and v.op == "entry")
            ):
                return False
            t = self.canon(v)
            if not self.program.optional(v.type):
                if v.type is not None:
                    return False
                if v.op in ("arg",):
                    return False
            answer = self.world.answers.get(term("truthy", t))
            if answer is True:
                return False
            return self.ask(term("nullish", t), likely)
        return False

    def void(self, v: Value) -> Value:
        """`void v`: the programmer says that nobody waits."""
        r = raw(v)
        if r.__class__ is JsPromise:
            r.observed = True
        elif r.__class__ is Term:
            self.unwaited.pop(r, None)
        return UNDEFINED

    def not_(self, v: Value, s: int = 0) -> Value:
        """`!v`."""
        if v.__class__ is V:
            inner = self.not_(v.v, s)
            return tagged(inner, v.tags)
        if v.__class__ is Term:
            if v.op == "not":
                return v.args[0]
            if v.op in PREDICATES:
                return term("not", v)
            return not self._truth_term(v, True)
        return not self.truth(v, s)

    def _binary(self, a: Value, b: Value, fn: Callable[[Value, Value], Value]) -> Value:
        tags = 0
        if a.__class__ is V:
            tags = a.tags
            a = a.v
        if b.__class__ is V:
            tags |= b.tags
            b = b.v
        r = fn(a, b)
        return V(r, tags) if tags else r

    def add(self, a: Value, b: Value, s: int) -> Value:
        """`a + b`."""
        if a.__class__ is int and b.__class__ is int:
            return a + b
        return self._binary(a, b, self._add)

    def _prim(self, v: Value, hint: str = "default") -> Value:
        return builtins.to_primitive(self, v, hint) if isinstance(v, JsObject) else v

    @staticmethod
    def _finds(o: JsObject, k: Any) -> bool:
        h: JsObject | None = o
        while h is not None:
            if k in h.props:
                return True
            h = h.proto
        return False

    def _add(self, a: Value, b: Value) -> Value:
        a, b = self._prim(a), self._prim(b)
        if isinstance(a, str) or isinstance(b, str) or isinstance(a, JsObject) or isinstance(b, JsObject):
            return terms.concat([terms.to_text(a), terms.to_text(b)])
        if a.__class__ is Term or b.__class__ is Term:
            if self._is_text(a) or self._is_text(b):
                return terms.concat([terms.to_text(a), terms.to_text(b)])
            return terms.add(terms.to_number(a), terms.to_number(b))
        x, y = terms.to_number(a), terms.to_number(b)
        if isinstance(x, BigInt) or isinstance(y, BigInt):
            self._same_kind(x, y)
            return BigInt(int(x) + int(y))
        return terms.normal(x + y)

    def _same_kind(self, x: Value, y: Value) -> None:
        if isinstance(x, BigInt) is not isinstance(y, BigInt):
            raise self.error("TypeError", "Cannot mix BigInt and other types, use explicit conversions")

    def _is_text(self, t: Value) -> bool:
        return t.__class__ is Term and (t.op == "tmpl" or self.program.is_string(t.type))

    def _arith(self, name: str, a: Value, b: Value) -> Value:
        x, y = self._number(a), self._number(b)
        if x.__class__ is Term or y.__class__ is Term:
            if name == "sub":
                return terms.sub(x, y)
            if name == "mul" and (x.__class__ is not Term or y.__class__ is not Term):
                return terms.scale(x, y) if x.__class__ is Term else terms.scale(y, x)
            if name == "div" and y.__class__ is not Term and y not in (0,):
                return term("div", x, y)
            if name == "mul":
                return term("mul", *sorted((x, y), key=terms.sort_key))
            return term(name, x, y)
        self._same_kind(x, y)
        try:
            result = _ARITHMETIC[name](x, y)
            if result.__class__ is BigInt and result.bit_length() > MAX_LENGTH:
                raise Exhausted("size of a number")
            return result
        except (ZeroDivisionError, OverflowError, ValueError, TypeError):
            return terms.NAN

    def _number(self, v: Value) -> Any:
        v = self._prim_number(v)
        return terms.to_number(v)

    def _prim_number(self, v: Value) -> Value:
        return builtins.to_primitive(self, v, "number") if isinstance(v, JsObject) else v

    def sub(self, a: Value, b: Value, s: int) -> Value:
        """`a - b`."""
        if a.__class__ is int and b.__class__ is int:
            return a - b
        return self._binary(a, b, lambda x, y: self._arith("sub", x, y))

    def mul(self, a: Value, b: Value, s: int) -> Value:
        """`a * b`."""
        return self._binary(a, b, lambda x, y: self._arith("mul", x, y))

    def div(self, a: Value, b: Value, s: int) -> Value:
        """`a / b`."""
        return self._binary(a, b, lambda x, y: self._arith("div", x, y))

    def mod(self, a: Value, b: Value, s: int) -> Value:
        """`a % b`."""
        return self._binary(a, b, lambda x, y: self._arith("mod", x, y))

    def pow(self, a: Value, b: Value, s: int) -> Value:
        """`a ** b`."""
        return self._binary(a, b, lambda x, y: self._arith("pow", x, y))

    def bitand(self, a: Value, b: Value, s: int) -> Value:
        """`a & b`."""
        return self._binary(a, b, lambda x, y: self._arith("bitand", x, y))

    def bitor(self, a: Value, b: Value, s: int) -> Value:
        """`a | b`."""
        return self._binary(a, b, lambda x, y: self._arith("bitor", x, y))

    def bitxor(self, a: Value, b: Value, s: int) -> Value:
        """`a ^ b`."""
        return self._binary(a, b, lambda x, y: self._arith("bitxor", x, y))

    def shl(self, a: Value, b: Value, s: int) -> Value:
        """`a << b`."""
        return self._binary(a, b, lambda x, y: self._arith("shl", x, y))

    def shr(self, a: Value, b: Value, s: int) -> Value:
        """`a >> b`."""
        return self._binary(a, b, lambda x, y: self._arith("shr", x, y))

    def ushr(self, a: Value, b: Value, s: int) -> Value:
        """`a >>> b`."""
        return self._binary(a, b, lambda x, y: self._arith("ushr", x, y))

    def _less(self, a: Value, b: Value) -> Value:
        return terms.less(self._prim_number(a), self._prim_number(b))

    def lt(self, a: Value, b: Value, s: int) -> Value:
        """`a < b`."""
        return self._binary(a, b, self._less)

    def gt(self, a: Value, b: Value, s: int) -> Value:
        """`a > b`."""
        return self._binary(a, b, lambda x, y: self._less(y, x))

    def le(self, a: Value, b: Value, s: int) -> Value:
        """`a <= b`."""
        return self._binary(a, b, lambda x, y: self._ordered(x, y) and _negate(self._less(y, x)))

    def ge(self, a: Value, b: Value, s: int) -> Value:
        """`a >= b`."""
        return self._binary(a, b, lambda x, y: self._ordered(x, y) and _negate(self._less(x, y)))

    def _ordered(self, x: Value, y: Value) -> bool:
        """Comparisons with NaN are false both ways."""
        if x.__class__ is Term or y.__class__ is Term or (isinstance(x, str) and isinstance(y, str)):
            return True
        a, b = self._number(x), self._number(y)
        return a.__class__ is Term or b.__class__ is Term or bool(a == a and b == b)

    def _seq_term(self, a: Value, b: Value) -> Term:
        return term("seq", *_in_order(a, b))

    def _strict(self, a: Value, b: Value) -> Value:
        if a is b:
            return not (a.__class__ is float and a != a)
        if a.__class__ is Term or b.__class__ is Term:
            if b is UNDEFINED or b is None or a is UNDEFINED or a is None:
                t = a if a.__class__ is Term else b
                other = b if a.__class__ is Term else a
                if t.op in PREDICATES or t.op in ("lin", "tmpl", "fresh", "dep", "length"):
                    return False
                if t.type is not None and not self.program.optional(t.type):
                    return False
                if t.op in ("arg", "init") and t.type is None and t.op == "init":
                    return False
                return term("undef" if other is UNDEFINED else "null", self.canon(t))
            ca, cb = self.canon(a), self.canon(b)
            if ca is cb:
                return True
            if isinstance(ca, JsObject) or isinstance(cb, JsObject):
                return self._same_object(a, b)
            for x in (ca, cb):
                if x.__class__ is Term and x.op == "fresh":
                    return False
            if ca.__class__ is Term and ca.op in PREDICATES and isinstance(cb, bool):
                return ca if cb else _negate(ca)
            if cb.__class__ is Term and cb.op in PREDICATES and isinstance(ca, bool):
                return cb if ca else _negate(cb)
            la, lb = terms.linear(ca), terms.linear(cb)
            if (
                isinstance(la[0], int | float)
                and isinstance(lb[0], int | float)
                and ((ca.__class__ is Term and ca.op == "lin") or (cb.__class__ is Term and cb.op == "lin"))
            ):
                d = terms.sub(ca, cb)
                if d.__class__ is not Term:
                    return bool(d == 0)
                if d.op == "lin" and d.args[1][0][1] < 0:
                    d = terms.scale(d, -1)
                return term("seq", d, 0)
            if ca.__class__ is Term and cb.__class__ is Term and ca.call != cb.call and path_of(ca) and path_of(cb):
                return False
            return self._seq_term(ca, cb)
        if isinstance(a, bool) or isinstance(b, bool):
            return a is b
        if isinstance(a, int | float) and isinstance(b, int | float):
            return isinstance(a, BigInt) == isinstance(b, BigInt) and a == b
        if isinstance(a, str) and isinstance(b, str):
            return a == b
        return False

    def _same_object(self, a: Value, b: Value) -> Value:
        x, t = (a, b) if isinstance(a, JsObject) else (b, a)
        made = self.overlays.get((t if t.shared else (self.frame.root, t), "made"))
        return made is x

    def seq(self, a: Value, b: Value, s: int) -> Value:
        """`a === b`."""
        if a.__class__ is str and b.__class__ is str:
            return a == b
        return self._binary(a, b, self._strict)

    def sne(self, a: Value, b: Value, s: int) -> Value:
        """`a !== b`."""
        return self._binary(a, b, lambda x, y: _negate(self._strict(x, y)))

    def _loose(self, a: Value, b: Value) -> Value:
        if (a is None or a is UNDEFINED) and (b is None or b is UNDEFINED):
            return True
        if a is None or a is UNDEFINED or b is None or b is UNDEFINED:
            t = b if a is None or a is UNDEFINED else a
            return self.nullish(t, 0) if t.__class__ is Term else False
        ta, tb = a.__class__, b.__class__
        if (
            ta is not Term
            and tb is not Term
            and ta is not tb
            and not isinstance(a, JsObject)
            and not isinstance(b, JsObject)
        ):
            return terms.to_number(a) == terms.to_number(b)
        return self._strict(a, b)

    def eq(self, a: Value, b: Value, s: int) -> Value:
        """`a == b`."""
        return self._binary(a, b, self._loose)

    def ne(self, a: Value, b: Value, s: int) -> Value:
        """`a != b`."""
        return self._binary(a, b, lambda x, y: _negate(self._loose(x, y)))

    def neg(self, v: Value, s: int) -> Value:
        """`-v`."""
        if v.__class__ is V:
            return V(self.neg(v.v, s), v.tags)
        n = self._number(v)
        if n.__class__ is Term:
            return terms.scale(n, -1)
        if isinstance(n, BigInt):
            return BigInt(-int(n))
        return -0.0 if n == 0 and not isinstance(n, bool) else -n

    def pos(self, v: Value, s: int) -> Value:
        """`+v`."""
        return self.num(v, s)

    def bitnot(self, v: Value, s: int) -> Value:
        """`~v`."""
        return self._binary(
            v, 0, lambda x, _: term("bitnot", n) if (n := self._number(x)).__class__ is Term else ~terms.int32(n)
        )

    def num(self, v: Value, s: int) -> Value:
        """ToNumeric."""
        if v.__class__ is int:
            return v
        if v.__class__ is V:
            return V(self.num(v.v, s), v.tags)
        return self._number(v)

    def inc(self, v: Value, s: int) -> Value:
        """`v + 1`."""
        return self.add(v, BigInt(1) if isinstance(raw(v), BigInt) else 1, s)

    def dec(self, v: Value, s: int) -> Value:
        """`v - 1`."""
        return self.sub(v, BigInt(1) if isinstance(raw(v), BigInt) else 1, s)

    def typeof(self, v: Value, s: int = 0) -> Value:
        """`typeof v`."""
        if v.__class__ is V:
            return tagged(self.typeof(v.v, s), v.tags)
        if v is UNDEFINED:
            return "undefined"
        if isinstance(v, bool):
            return "boolean"
        if isinstance(v, str):
            return "string"
        if isinstance(v, BigInt):
            return "bigint"
        if isinstance(v, int | float):
            return "number"
        if isinstance(v, JsFunction):
            return "function"
        if isinstance(v, Symbol):
            return "symbol"
        if v.__class__ is Term:
            known = self.program.typeof(v.type)
            return known if known is not None else term("typeof", self.canon(v))
        return "object"

    def instanceof(self, a: Value, b: Value, s: int) -> Value:
        """`a instanceof b`."""
        x, c = raw(a), raw(b)
        if isinstance(c, JsFunction):
            own = raw(self._get_object(c, SYMBOL_HAS_INSTANCE, s, c))
            if isinstance(own, JsFunction) and own.frozen is not BUILTIN:
                return self.not_(self.not_(self.call(own, c, [a], s), s), s)
        if isinstance(x, JsObject) and isinstance(c, JsFunction):
            c = c.props.get(("bound",), c)
            proto = raw(c.props.get("prototype", UNDEFINED))
            h = x.proto
            while h is not None:
                if h is proto:
                    return tagged(True, tags_of(a))
                h = h.proto
            return tagged(False, tags_of(a))
        if x.__class__ is Term:
            if isinstance(c, JsFunction) and self.in_model() and c.klass is not None:
                return tagged(False, tags_of(a))  # a library asks whether it made this itself
            name = c.name if isinstance(c, JsFunction) else self._call_name(c) if c.__class__ is Term else "?"
            return tagged(term("instanceof", self.canon(x), name), tags_of(a))
        if isinstance(x, JsObject) and c.__class__ is Term:
            return self.program.made_from(x, c)
        return False

    def tmpl(self, strings: list[str], values: list[Value], s: int) -> Value:
        """A template literal."""
        tags = 0
        parts: list[Any] = [strings[0]]
        for text, v in zip(strings[1:], values, strict=False):
            tags |= tags_of(v)
            parts.append(terms.to_text(self._prim(raw(v), "string")))
            parts.append(text)
        return tagged(terms.concat(parts), tags)

    def tagged(self, f: Value, this: Value, cooked: list[Any], raws: list[str], values: list[Value], s: int) -> Value:
        """A tagged template call."""
        site = ("template", id(self.frame.code), s)
        strings = self.singletons.get(site)
        if not isinstance(strings, JsArray):
            strings = self.singletons[site] = self.new_array(list(cooked))
            strings.props["raw"] = self.new_array(list(raws))
        return self.call(f, this, [strings, *values], s)

    def regex(self, pattern: str, flags: str) -> Value:
        """A regular expression literal."""
        return builtins.regex(self, pattern, flags)

    def bigint(self, n: int) -> BigInt:
        """A bigint literal."""
        return BigInt(n)

    def enum(self, name: str, entries: list[tuple[str, Value]], s: int) -> JsObject:
        """An enumeration; a member without a value continues the numbers of the one before."""
        o = self.new_object()
        o.label = name
        following: Value = 0
        for key, given in entries:
            value = following if given is None else given
            o.props[key] = value
            number = raw(value)
            if isinstance(number, int | float) and not isinstance(number, bool):
                o.props[str(number)] = key
                following = number + 1
        return o

    def jsx(self, tag: Value, attributes: list[Any], children: list[Value], s: int) -> Value:
        """A JSX element: an opaque value."""
        return term("jsx", self.canon(raw(tag)) if raw(tag).__class__ in (str, Term) else "component")

    # ------------------------------------------------------------------ control

    def loop(self, s: int) -> list[int]:
        """The state of one execution of a loop."""
        return [0, 0, self.event, self.frame.ctrl]

    def again(self, v: Value, lp: list[int], s: int) -> bool:
        """Whether a loop goes on: unknown conditions are unrolled `UNROLL` times, known ones are bounded."""
        r = raw(v)
        self.operations += 1
        if self.operations > MAX_OPERATIONS:
            raise Exhausted("operations")
        if r.__class__ is Term:
            if v.__class__ is V:
                self.frame.ctrl |= v.tags
            if lp[1] >= UNROLL:
                self.bound(s, f"loop unrolled {UNROLL} times")
                self.cut.add(self.frame.code)
                return False
            lp[1] += 1
            return self._truth_term(r, lp[1] <= 1)
        if not self.truth(v, s):
            return False
        lp[0] += 1
        if v is True and lp[0] > UNROLL:
            self.frame.weary = True
        if lp[0] > MAX_ROUNDS:
            raise Exhausted("loop rounds")
        if self.event > lp[2] and self.event - lp[2] > 14 and lp[0] > 4:
            self.bound(s, "endless loop cut off")
            raise Park
        return True

    def bound(self, s: int, message: str) -> None:
        """Remembers that a bound cut something off."""
        code = self.frame.code
        if code is not None and self.tracking and not self.program.is_model(code.module.path):
            self.bounds.add(
                (code.module.path, code.module.sites[s][0] if s < len(code.module.sites) else code.span[0], message)
            )

    def iter(self, v: Value, s: int) -> Iterator[Value]:
        """The iterator of `for..of` and spreads."""
        t = tags_of(v)
        r = raw(v)
        if isinstance(r, JsArray) and not self._finds_own_iterator(r):
            return self._iter_array(r, t, s)
        if isinstance(r, str):
            return iter([tagged(ch, t) for ch in r])
        if isinstance(r, JsMap):
            return self._iter_map(r, t, s)
        if r.__class__ is Term:
            return self._iter_term(r, t, s)
        if isinstance(r, JsGenerator):
            return self._iter_protocol(r, s) if r.act is not None else iter(r.gen)
        if isinstance(r, JsObject):
            f = self._get_object(r, SYMBOL_ITERATOR, s, r)
            if raw(f) is not UNDEFINED:
                return self._iter_protocol(self.call(f, r, [], s), s)
            if self._finds(r, "next"):
                return self._iter_protocol(r, s)
        raise self.error("TypeError", "value is not iterable")

    def over(self, v: Value, s: int) -> Iterator[Value]:
        """The elements that `for..of` runs its body for: that it does depends on what they came from."""
        frame = self.frame
        for x in self.iter(v, s):
            if x.__class__ is V:
                frame.ctrl |= x.tags
            yield x

    def _finds_own_iterator(self, r: JsObject) -> bool:
        return SYMBOL_ITERATOR in r.props

    def _iter_array(self, a: JsArray, t: int, s: int) -> Iterator[Value]:
        i = 0
        while True:
            items = self.array_read(a, s)
            t |= tags_of(self.array_tag(a))
            if i >= len(items):
                return
            item = items[i]
            if item.__class__ is Rest:
                typed = self._element_type(a, 0)
                for n in item.positions(UNROLL):
                    yield tagged(self.unknown(term("elem", item.term, n), typed), t)
            else:
                yield tagged(item, t)
            i += 1
            if i > MAX_ROUNDS:
                raise Exhausted("loop rounds")

    def _iter_map(self, m: JsMap, t: int, s: int) -> Iterator[Value]:
        for a, b in self.map_live(m, s):
            if m.kind in ("Set", "WeakSet"):
                yield tagged(a, t)
            else:
                yield tagged(self.new_array([tagged(a, t), tagged(b, t)]), t | tags_of(a))

    def map_live(self, m: JsMap, s: int) -> Iterator[tuple[Value, Value]]:
        """The entries of a map or set while it may change: what is removed is skipped, what is added is met."""
        tracked = self._tracked(m)
        if tracked:
            self._meet_keys(m)
        keys_read = tags_of(self.note_read(("keys", m.ident, m.label or m.kind), None, s)) if tracked else 0
        before, removals = list(m.entries), m.removals
        i = 0
        while True:
            if m.removals != removals:
                now, removals, kept = list(m.entries), m.removals, 0
                for k in before[:i]:
                    if kept < len(now) and now[kept] == k:
                        kept += 1
                before, i = now, kept
            elif len(m.entries) != len(before):  # more has been added, at the end
                before = list(m.entries)
            if i >= len(before):
                return
            k = before[i]
            i += 1
            if i > MAX_ROUNDS:
                raise Exhausted("loop rounds")
            a, b = m.entries[k]
            if tracked:
                b = self.note_read(("entry", m.ident, m.label or m.kind, k), b, s)
            yield tagged(a, keys_read), tagged(b, keys_read)

    def _iter_term(self, r: Term, t: int, s: int) -> Iterator[Value]:
        typed = self.program.element_type(r.type)
        for n in range(UNROLL):
            yield tagged(self.unknown(term("elem", r, n, type=typed), typed), t)

    def _iter_protocol(self, it: Value, s: int) -> Iterator[Value]:
        finished = False
        n = 0
        try:
            while True:
                r = self.callm(it, "next", [], s)
                n += 1
                if n > MAX_ROUNDS:
                    raise Exhausted("loop rounds")
                if raw(r).__class__ is Term and n > UNROLL:
                    finished = True
                    return
                if self.truth(self.get(r, "done", s), s, False):
                    finished = True
                    return
                yield self.get(r, "value", s)
        except JsThrow:
            finished = True
            raise
        finally:
            if not finished and not self.ended and isinstance(raw(it), JsObject) and self._finds(raw(it), "return"):
                self.callm(it, "return", [], s)

    def keys(self, v: Value, s: int) -> Iterator[Value]:
        """The keys of `for..in`."""
        t = tags_of(v)
        r = raw(v)
        if isinstance(r, JsArray | str):
            for i in range(len(r.items if isinstance(r, JsArray) else r)):
                yield tagged(str(i), t)
        elif r.__class__ is JsProxy:
            yield from self.keys(r.target, s)
        elif isinstance(r, JsObject):
            if self._tracked(r):
                self.note_read(("keys", r.ident, r.label or "object"), None, s)
            seen = []
            h: JsObject | None = r
            hidden: set[Any] = set()
            while h is not None and h.frozen is not BUILTIN:
                if h.frozen and h.frozen is not True:
                    hidden |= h.frozen.hidden
                owner = raw(h.props.get("constructor", UNDEFINED))
                of_class = h is not r and isinstance(owner, JsFunction) and owner.is_class
                for k in () if of_class else h.props:
                    if isinstance(k, str) and k not in seen and k not in hidden and not k.startswith("#"):
                        seen.append(k)
                h = h.proto
            for k in order_keys(seen):
                if self._finds(r, k):
                    yield tagged(k, t)
        elif r.__class__ is Term:
            for n in range(UNROLL):
                yield term("key", self.canon(r), n)

    def aiter(self, v: Value, s: int) -> Value:
        """The iterator of `for await`."""
        r = raw(v)
        if isinstance(r, JsGenerator) and r.act is not None and r.act.frame.code.is_async:
            return r
        if r.__class__ is Term:
            state = [0]
            typed = self.program.element_type(r.type)

            def step(R: Machine, this: Value, args: list[Value], s2: int) -> Value:
                n = state[0]
                state[0] += 1
                o = R.new_object()
                if n >= UNROLL:
                    o.props.update(value=UNDEFINED, done=True)
                else:
                    o.props.update(value=R.unknown(term("elem", r, n, type=typed), typed), done=False)
                return R.external("next", lambda: o, s, None)

            it = self.new_object()
            it.props["next"] = self.native("next", step)
            return it
        if isinstance(r, JsObject):
            f = self._get_object(r, SYMBOL_ASYNC_ITERATOR, s, r)
            if raw(f) is not UNDEFINED:
                return self.call(f, r, [], s)
        inner = self.iter(v, s)

        def sync_step(R: Machine, this: Value, args: list[Value], s2: int) -> Value:
            try:
                value, done = next(inner), False
            except StopIteration as e:
                value, done = e.value if e.value is not None else UNDEFINED, True
            p = R.to_promise(value, s)
            return R.then(p, R.native("wrap", lambda R2, t2, a2, s3: _result(R2, a2[0], done)), UNDEFINED, s)

        def sync_return(R: Machine, this: Value, args: list[Value], s2: int) -> Value:
            close = getattr(inner, "close", None)
            if close is not None:
                close()
            return _result(R, args[0] if args else UNDEFINED, True)

        it = self.new_object()
        it.props["next"] = self.native("next", sync_step)
        it.props["return"] = self.native("return", sync_return)
        return it

    def anext(self, it: Value) -> Value:
        """The promise of the next element."""
        return self.callm(it, "next", [], 0)

    def adone(self, r: Value, lp: list[int], s: int) -> bool:
        """Whether a `for await` is finished."""
        done = self.get(r, "done", s)
        if raw(done).__class__ is Term:
            lp[1] += 1
            return lp[1] > UNROLL
        return self.truth(done, s)

    def avalue(self, r: Value) -> Value:
        """The element of an iterator result."""
        return self.get(r, "value", 0)

    def areturn(self, it: Value) -> Value:
        """Closes an asynchronous iterator."""
        r = raw(it)
        if isinstance(r, JsObject) and self._finds(r, "return"):
            return self.callm(it, "return", [], 0)
        return UNDEFINED

    def throw(self, v: Value, s: int) -> JsThrow:
        """`throw v`."""
        return JsThrow(v, self.frame.ctrl)

    def caught(self, e: JsThrow) -> Value:
        """The value that a catch clause receives."""
        self.frame.ctrl |= e.ctrl
        return e.value

    def dispose(self, v: Value, s: int) -> Value:
        """`using` at the end of its block."""
        r = raw(v)
        if isinstance(r, JsObject):
            f = self._get_object(r, SYMBOL_DISPOSE, s, r)
            if raw(f) is not UNDEFINED:
                self.call(f, r, [], s)
        return UNDEFINED

    def adispose(self, v: Value, s: int) -> Value:
        """`await using` at the end of its block."""
        r = raw(v)
        if isinstance(r, JsObject):
            f = self._get_object(r, SYMBOL_ASYNC_DISPOSE, s, r)
            if raw(f) is not UNDEFINED:
                return self.call(f, r, [], s)
            return self.dispose(v, s)
        return UNDEFINED

    def arg(self, args: list[Value], i: int) -> Value:
        """The argument `i`, or undefined."""
        return args[i] if i < len(args) else UNDEFINED

    def rest_obj(self, o: Value, keys: list[Value], s: int) -> Value:
        """The rest of an object pattern."""
        out = self.new_object()
        self._spread_into(out, o, s)
        for k in keys:
            out.props.pop(k if isinstance(k, str) else self.property_key(k), None)
        return out

    def destructure(self, v: Value, n: int, rest: bool, s: int) -> list[Value]:
        """The first `n` elements of an iterable, then an array of the rest."""
        r = raw(v)
        t = tags_of(v)
        if r.__class__ is Term:
            typed = self.program.element_type(r.type)
            out: list[Value] = []
            for i in range(n):
                ti = self.program.tuple_type(r.type, i) or typed
                out.append(tagged(self.unknown(term("elem", r, i, type=ti), ti), t))
            if rest:
                out.append(self.new_array([Rest(term("rest", r, n))]))
            return out
        out = []
        it = self.iter(v, s)
        if isinstance(r, JsArray) and any(i.__class__ is Rest for i in r.items):
            items = self.array_read(r, s)
            first = next(i for i in items if i.__class__ is Rest)
            typed = self._element_type(r, 0)
            known = 0
            for item in items:
                if item.__class__ is Rest:
                    break
                known += 1
            for i in range(n):
                at = term("elem", first.term, first.position(i - known))
                out.append(tagged(items[i] if i < known else self.unknown(at, typed), t))
            if rest:
                out.append(self.new_array(list(items[n:]) if n < known else [Rest(first.term)]))
            return out
        absent = tagged(UNDEFINED, t | self._origin_tags(r))
        for _ in range(n):
            out.append(next(it, absent))
        if rest:
            out.append(self.new_array(list(it)))
        else:
            close = getattr(it, "close", None)
            if close is not None:
                close()
        return out


NUMBER = TypeRef("number")
INTEGER = TypeRef("number", text=terms.WHOLE)
"""The type of what starts as an integer: a count, as far as anybody can tell."""
HEAP = frozenset(("prop", "cell", "entry", "array", "keys"))
"""Kinds of locations in the simulated heap."""
CONTAINED = frozenset(("entry", "keys", "array"))
"""Those of containers."""
LISTENING = frozenset(("on", "once", "subscribe", "addListener", "addEventListener", "addHandler", "registerHandler"))
"""Methods that, called during set-up with a function, make it an entry point whatever their body does."""
PREDICATES = frozenset(
    (
        "lt",
        "lt0",
        "seq",
        "not",
        "undef",
        "null",
        "truthy",
        "nullish",
        "has",
        "in",
        "instanceof",
        "exists",
        "pred",
        "initially",
    )
)
"""Operators whose terms are truth values."""

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "sub": lambda x, y: BigInt(int(x) - int(y)) if isinstance(x, BigInt) else terms.normal(x - y),
    "mul": lambda x, y: BigInt(int(x) * int(y)) if isinstance(x, BigInt) else terms.normal(x * y),
    "div": lambda x, y: _divide(x, y),
    "mod": lambda x, y: _modulo(x, y),
    "pow": lambda x, y: BigInt(int(x) ** int(y)) if isinstance(x, BigInt) and y < 4096 else terms.normal(float(x) ** y),
    "bitand": lambda x, y: (
        BigInt(int(x) & int(y)) if isinstance(x, BigInt) else terms.int32(terms.int32(x) & terms.int32(y))
    ),
    "bitor": lambda x, y: (
        BigInt(int(x) | int(y)) if isinstance(x, BigInt) else terms.int32(terms.int32(x) | terms.int32(y))
    ),
    "bitxor": lambda x, y: (
        BigInt(int(x) ^ int(y)) if isinstance(x, BigInt) else terms.int32(terms.int32(x) ^ terms.int32(y))
    ),
    "shl": lambda x, y: (
        BigInt(int(x) << min(int(y), 4096))
        if isinstance(x, BigInt)
        else terms.int32(terms.int32(x) << (terms.int32(y) & 31))
    ),
    "shr": lambda x, y: BigInt(int(x) >> int(y)) if isinstance(x, BigInt) else terms.int32(x) >> (terms.int32(y) & 31),
    "ushr": lambda x, y: (terms.int32(x) & 0xFFFFFFFF) >> (terms.int32(y) & 31),
}


def _divide(x: Any, y: Any) -> Any:
    if isinstance(x, BigInt):
        q = abs(int(x)) // abs(int(y))
        return BigInt(q if (x < 0) == (y < 0) else -q)
    if y == 0:
        return terms.NAN if x == 0 or x != x else float("inf") if (x > 0) == (str(y)[0] != "-") else float("-inf")
    return terms.normal(x / y)


def _modulo(x: Any, y: Any) -> Any:
    import math

    if isinstance(x, BigInt):
        return BigInt(int(math.copysign(abs(int(x)) % abs(int(y)), int(x))))
    return terms.normal(math.fmod(x, y))


def _in_order(a: Value, b: Value) -> tuple[Value, Value]:
    """Two sides of an equation, in the order that its term has them."""
    swapped = b.__class__ is Term and (a.__class__ is not Term or terms.sort_key(b) < terms.sort_key(a))
    return (b, a) if swapped else (a, b)


def _is_difference(t: Term) -> bool:
    """Whether a term is `a - b`."""
    if t.op != "lin" or t.args[0] != 0:
        return False
    return sorted(factor for _, factor in t.args[1]) == [-1, 1]


def _negate(v: Value) -> Value:
    if v.__class__ is Term:
        return v.args[0] if v.op == "not" else term("not", v)
    return not v


def _result(machine: Machine, value: Value, done: bool) -> Value:
    o = machine.new_object()
    o.props.update(value=value, done=done)
    return o


def order_keys(keys: list[Any]) -> list[Any]:
    """OrdinaryOwnPropertyKeys order: integer indices ascending, then strings by creation."""
    numeric = sorted((k for k in keys if isinstance(k, str) and k.isdigit()), key=int)
    return numeric + [k for k in keys if not (isinstance(k, str) and k.isdigit())]
