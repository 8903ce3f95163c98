"""Parts of a verdict: what an entry point alone showed, and what calls showed together, kept for the next text.

Strategy: a part depends on the functions that it entered and on the frames of the modules that it asked for (see
outline.py), and a pair also on the two profiles that it was explored with. After an edit a part is taken again as long
as all that is the same; only the numbers of lines are carried over. A part that found something is explored again:
findings name what was loaded, and which of two equal ones is told depends on the others. So is one that ran out of
time, or whose profile holds numbers of sites, which an edit shifts.
Parts live in the process that made them and hold live profiles. Deliberately absent: which files have parts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Generic, TypeVar

from krepis.twin.typescript.code import FunctionCode, ModuleCode
from krepis.twin.typescript.layout import Moves
from krepis.twin.typescript.outline import Edit, edit, outline
from krepis.twin.typescript.program import Program

Value = TypeVar("Value")
Lines = Mapping[str, Moves]
"""The new numbers of lines, by the paths of the modules that have changed."""

RECENT = 8
"""Edits that are remembered."""


@lru_cache(maxsize=RECENT)
def _edit(before: ModuleCode, now: ModuleCode) -> Edit | None:
    """What has changed between two versions of a module; all parts of a verdict ask it."""
    return edit(outline(before), outline(now))


@dataclass(slots=True)
class Seen:
    """The modules that something was asked of, the functions that were entered, and the texts that were read whole."""

    modules: dict[str, ModuleCode | None] = field(default_factory=dict)
    entered: frozenset[FunctionCode] = frozenset()
    whole: frozenset[str] = frozenset()


@contextmanager
def watched(program: Program) -> Iterator[Seen]:
    """What the program sees meanwhile, which it adds to what it has seen before."""
    outer = program.touched, program.entered, program.whole
    seen = Seen()
    program.begin()
    try:
        yield seen
    finally:
        seen.modules = {path: program.held(path) for path in program.touched}
        seen.entered, seen.whole = frozenset(program.entered), frozenset(program.whole)
        program.touched |= outer[0]
        program.entered |= outer[1]
        program.whole |= outer[2]


@contextmanager
def asked(program: Program) -> Iterator[None]:
    """What the program is asked meanwhile is asked by nobody."""
    outer, program.touched = program.touched, set()
    try:
        yield
    finally:
        program.touched = outer


def since(program: Program, seen: Seen) -> Lines | None:
    """Where lines went since something was seen, all of which holds still; None when it does not."""
    lines: dict[str, Moves] = {}
    for path, before in seen.modules.items():
        now = program.module(path)
        if now is before:
            continue
        if now is None or before is None or path in seen.whole:
            return None
        edited = _edit(before, now)
        if edited is None or not edited.changed.isdisjoint(f.index for f in seen.entered if f.module is before):
            return None
        lines[path] = edited.lines
    return lines


def current(program: Program, code: FunctionCode) -> FunctionCode:
    """A function in the text as it is now, which has as many functions as before."""
    module = None if program.is_model(code.module.path) else program.module(code.module.path)
    return code if module is None or module is code.module else module.functions[code.index]


@dataclass(frozen=True, slots=True, eq=False)
class Part(Generic[Value]):
    """What was seen while something was worked out, and what that gave.

    `name` stays the same for as long as the part does; `others` are the names of the parts that it was worked out from.
    """

    seen: Seen
    value: Value
    others: tuple[object, ...] = ()
    name: object = field(default_factory=object)


class Parts(Generic[Value]):
    """The parts of the verdict of one file."""

    def __init__(self, carried: Callable[[Program, Value, Lines], Value | None]) -> None:
        self._carried = carried
        self._parts: dict[Hashable, Part[Value]] = {}

    def keep(self, key: Hashable, part: Part[Value]) -> None:
        """Keeps a part."""
        self._parts[key] = part

    def recall(self, key: Hashable, program: Program, others: tuple[object, ...] = ()) -> Part[Value] | None:
        """The part of that key, worked out from `others`, as it is told now; None when it does not hold still."""
        part = self._parts.get(key)
        if part is None:
            return None
        with asked(program):
            lines = since(program, part.seen) if part.others == others else None
            value = part.value if lines is not None else None
            if value is not None and lines:
                value = self._carried(program, value, lines)
            if value is None:
                del self._parts[key]
                return None
            if lines:
                modules = {path: program.held(path) for path in part.seen.modules}
                entered = frozenset(current(program, f) for f in part.seen.entered)
                part = self._parts[key] = replace(part, seen=Seen(modules, entered, part.seen.whole), value=value)
        program.touched |= part.seen.modules.keys()
        program.entered |= part.seen.entered
        program.whole |= part.seen.whole
        return part
