"""A machine after its set-up, put back to where it was, so that one set-up serves many executions.

Strategy: the heap of the set-up is walked once and what every mutable part holds is copied, one level deep; to put
it back each part gets its own contents again, so that identities stay and nothing is copied twice.
What an execution made is dropped.

A part that cannot be put back (suspended code, an iterator, a foreign object) means that there is no checkpoint;
the set-up then runs again. `values.py`, `machine.py` and `store.py` say what there is.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cache, partial
from re import Pattern as Expression
from types import BuiltinFunctionType, CellType, CodeType, FunctionType, GeneratorType, MethodType, ModuleType
from typing import Any, Final, NamedTuple

from krepis.twin.typescript.canonical import Canonical, Pattern
from krepis.twin.typescript.code import ClassCode, FunctionCode, Member, ModuleCode, TypeRef
from krepis.twin.typescript.machine import Machine, World
from krepis.twin.typescript.program import Program
from krepis.twin.typescript.values import BUILTIN, JsObject, Known, Rest, Symbol, Term, Undefined, known_terms

MAX_PARTS: Final = 50_000
"""Parts of a heap beyond which running the set-up again is no dearer."""

_LEAVES: Final = frozenset(
    {str, int, float, bool, type(None), bytes, complex, frozenset, type, ModuleType, CodeType, Expression}
    | {
        Undefined,
        Symbol,
        Term,
        Rest,
        World,
        Pattern,
        Canonical,
        Program,
        FunctionCode,
        ClassCode,
        Member,
        ModuleCode,
        TypeRef,
    }
)
"""What never changes, or belongs to all executions."""

_UNWALKED: Final = frozenset({"ident", "code", "loc", "path", "term", "types"})
"""Slots with names of things: they are put back, but nothing that changes is behind them."""

_UNSET: Final = object()


class Slots(NamedTuple):
    names: tuple[str, ...]
    get: tuple[Callable[[Any], Any], ...]
    walked: tuple[bool, ...]
    put: Callable[[Any, tuple[Any, ...]], None]


@dataclass(slots=True, repr=False)
class Checkpoint:
    """What `machine` was when it was taken, and the functions that were picked in it."""

    machine: Machine
    attributes: dict[str, Any]
    own: dict[int, str]
    """The attributes whose containers only the machine has: executions keep them, so each gets new ones."""
    picked: list[Any]
    containers: list[tuple[Callable[[Any, Any], None], Any, Any]]
    objects: list[tuple[Callable[[Any, tuple[Any, ...]], None], Any, tuple[Any, ...]]]
    cells: list[tuple[CellType, Any]]
    terms: Known

    def restore(self, world: World, pattern: Pattern) -> None:
        """Put everything back, for an execution in `world` under `pattern`."""
        R = self.machine
        R.ended = True  # what is still suspended unwinds in silence when it is dropped here
        R.pending.clear()
        for put, o, held in self.objects:
            put(o, held)
        for fill, container, held in self.containers:
            fill(container, held)
        for cell, held in self.cells:
            cell.cell_contents = held
        R.__dict__.clear()
        R.__dict__.update(self.attributes)
        for name in self.own.values():
            R.__dict__[name] = _copied(self.attributes[name])
        R.world = world
        if R.pattern is not pattern:
            R.pattern, R.canon = pattern, Canonical(pattern).of


def checkpoint(R: Machine, picked: list[Any]) -> Checkpoint | None:
    """The state of a machine that was set up without a question to its world; None if it cannot be put back."""
    own = {id(v): name for name, v in R.__dict__.items() if v.__class__ in _COPIED and name != "protos"}
    taken = Checkpoint(R, {name: _copied(v) for name, v in R.__dict__.items()}, own, picked, [], [], [], known_terms())
    seen: set[int] = {id(R), id(R.protos)}
    rest: list[Any] = list(picked)
    for value in R.__dict__.values():
        if value is not R.protos:
            rest.extend(_inside(value) if value.__class__ in _COPIED else (value,))
    alive: list[Any] = []  # so that no number in `seen` is given to another object
    while rest:
        v = rest.pop()
        c = v.__class__
        if c in _LEAVES or (isinstance(v, JsObject) and v.frozen is BUILTIN):
            continue
        number = id(v)
        if number in seen:
            continue
        if len(seen) > MAX_PARTS:
            return None
        if number in own:
            taken.attributes[own.pop(number)] = v  # something else has it too
        seen.add(number)
        alive.append(v)
        if c is tuple:
            rest.extend(v)
        elif kind := next((k for k in _COPIED if issubclass(c, k)), None):
            taken.containers.append((_FILLED[kind], v, _COPIED[kind](v)))
            rest.extend(_inside(v))
            if c is not kind and not (c.__module__.startswith(_OURS) and _object(taken, v, rest)):
                return None
        elif c is FunctionType:
            for cell in v.__closure__ or ():
                if id(cell) not in seen:
                    seen.add(id(cell))
                    try:
                        held = cell.cell_contents
                    except ValueError:
                        continue  # it is filled once, by what defines it
                    if v.__code__.co_freevars and _assigns(v.__code__):
                        taken.cells.append((cell, held))
                    rest.append(held)
            rest.extend(v.__defaults__ or ())
        elif c is MethodType or c is BuiltinFunctionType:
            rest.append(v.__self__)
            rest.append(getattr(v, "__func__", None))
        elif c is partial:
            rest.extend((v.func, *v.args, *v.keywords.values()))
        elif c is GeneratorType:
            if v.gi_frame is not None:
                return None
        elif issubclass(c, Enum | type) or _frozen(c):
            continue
        elif not c.__module__.startswith(_OURS) or not _object(taken, v, rest):
            return None
    return taken


_OURS: Final = "krepis.twin.typescript."
_COPIED: Final[dict[type, Callable[[Any], Any]]] = {dict: dict.copy, list: list.copy, set: set.copy, deque: deque.copy}


def _fill_dict(d: dict[Any, Any], held: dict[Any, Any]) -> None:
    dict.clear(d)
    dict.update(d, held)


def _fill_list(items: list[Any], held: list[Any]) -> None:
    items[:] = held


def _fill_set(items: set[Any], held: set[Any]) -> None:
    items.clear()
    items.update(held)


def _fill_deque(items: deque[Any], held: deque[Any]) -> None:
    items.clear()
    items.extend(held)


_FILLED: Final[dict[type, Callable[[Any, Any], None]]] = {
    dict: _fill_dict,
    list: _fill_list,
    set: _fill_set,
    deque: _fill_deque,
}


def _copied(value: Any) -> Any:
    copy = _COPIED.get(value.__class__)
    return value if copy is None else copy(value)


def _inside(value: Any) -> Iterable[Any]:
    return (x for pair in dict.items(value) for x in pair) if isinstance(value, dict) else value


def _object(taken: Checkpoint, v: Any, rest: list[Any]) -> bool:
    """Note what an object holds; false if it has parts that cannot be named."""
    slots = _slots(v.__class__)
    held = []
    for get, walked in zip(slots.get, slots.walked, strict=True):
        try:
            x = get(v)
        except AttributeError:
            x = _UNSET
        held.append(x)
        if walked and x is not _UNSET:
            rest.append(x)
    if slots.names:
        put = _put_some(slots.names) if _UNSET in held else slots.put
        taken.objects.append((put, v, tuple(held)))
    if (attributes := getattr(v, "__dict__", None)) is not None:
        taken.containers.append((_fill_dict, attributes, attributes.copy()))
        rest.extend(attributes.values())
    return bool(slots.names) or attributes is not None or not isinstance(v, JsObject)


@cache
def _slots(c: type) -> Slots:
    names: list[str] = []
    for base in c.__mro__:
        own = base.__dict__.get("__slots__", ())
        names += [own] if isinstance(own, str) else own
    names = [n for n in dict.fromkeys(names) if n not in ("__dict__", "__weakref__")]
    descriptors = [next(b.__dict__[n] for b in c.__mro__ if n in b.__dict__) for n in names]
    return Slots(
        tuple(names),
        tuple(d.__get__ for d in descriptors),
        tuple(n not in _UNWALKED for n in names),
        _assignment(tuple(names)),
    )


def _assignment(names: tuple[str, ...]) -> Callable[[Any, tuple[Any, ...]], None]:
    """A function that assigns all slots at once; most of the time of a restoration is here."""
    found: dict[str, Any] = {}
    targets = ", ".join(f"o.{name}" for name in names)
    exec(f"def put(o, held):\n    ({targets},) = held" if names else "def put(o, held): pass", found)
    put: Callable[[Any, tuple[Any, ...]], None] = found["put"]
    return put


@cache
def _put_some(names: tuple[str, ...]) -> Callable[[Any, tuple[Any, ...]], None]:
    def put(o: Any, held: tuple[Any, ...]) -> None:
        for name, value in zip(names, held, strict=True):
            if value is not _UNSET:
                object.__setattr__(o, name, value)
                continue
            with suppress(AttributeError):  # if nobody has set it
                object.__delattr__(o, name)

    return put


@cache
def _assigns(code: CodeType) -> bool:
    """Whether a function, or one inside it, may assign a variable of one around it."""
    import dis

    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return any(i.opname == "STORE_DEREF" and i.argval in code.co_freevars for i in dis.get_instructions(code)) or any(
        map(_assigns, inner)
    )


@cache
def _frozen(c: type) -> bool:
    parameters = getattr(c, "__dataclass_params__", None)
    return parameters is not None and bool(parameters.frozen)
