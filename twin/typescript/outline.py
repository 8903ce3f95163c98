"""What an edit changes of a module: the bodies of some functions, or what everything that loads the module may see.

Strategy: each function owns its text and translation without those of the functions in it, and only who has entered
a function, or looked into it, depends on what it owns. All else is the frame of the module: what its top level owns,
signatures, classes, types, names, and the answers to the questions that `Program` asks of the whole text. A frame
that differs, or one function more, means that nothing is known about who is affected.
Lines are carried over outside of the part of the text in which two versions differ.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from krepis.twin.typescript import adoption
from krepis.twin.typescript.code import ClassCode, FunctionCode, ModuleCode
from krepis.twin.typescript.layout import Moves, mentions, moved
from krepis.twin.typescript.program import CARRIED, DEFAULT, carried_by, only_assigns
from krepis.twin.typescript.results import WHOLE, FileResult

_NUMBERED = re.compile(r"\b([cvt]?)\d+\b")
_ENVIRONMENTS = re.compile(r"\((?:c\d+, )*\)|^ (?:c\d+, )+= fn\.env$", re.M)
_ASSIGNED = re.compile(
    rb"(?<=[\w\])!])\s*\??\.\s*([\w$#]+)\s*(?:!\s*)?(?==[^=>]|\+\+|--|[-+*/%&|^?]{1,3}=[^=])"
    rb"|(?:\+\+|--|delete )\s*([\w.$#]+)"
    rb"|(?<=[\[{,])\s*(?:\w+\s*:\s*)?this\.([\w$#]+)(?=\s*[,\]}])"
)
"""Names of fields that are assigned, all that `Program.is_constant` looks for."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The text of a module, a digest of its frame, and one of what each function owns."""

    text: bytes
    frame: bytes
    bodies: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Edit:
    """Functions of a module that own something else than before, and where the lines went that are the same."""

    changed: frozenset[int]
    lines: Moves


_known: WeakKeyDictionary[ModuleCode, Outline | None] = WeakKeyDictionary()


def outline(module: ModuleCode) -> Outline | None:
    """The outline of a module, made once; None for one with conditions, which are evaluated whatever is entered."""
    if module not in _known:
        _known[module] = _outline(module)
    return _known[module]


def _outline(module: ModuleCode) -> Outline | None:
    if module.conditions or b"@invariant" in module.text:
        return None
    owned = [hashlib.blake2b(_numberless(f.source), digest_size=8) for f in module.functions]
    owner = _owners(module)
    for start, end, index in owner:
        owned[index].update(module.text[start:end] + b"\0")
    frame = hashlib.blake2b(owned[0].digest(), digest_size=16)
    for part in _frame(module, [(start, index) for start, _, index in owner]):
        frame.update(repr(part).encode("utf-8", "backslashreplace") + b"\0")
    return Outline(module.text, frame.digest(), tuple(body.digest() for body in owned))


def _numberless(source: str) -> bytes:
    """A translation without the numbers of sites, functions and variables, and without what it hands on."""
    names: dict[str, str] = {}

    def name(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"{match[1]}_{len(names)}") if match[1] else "_"

    return _NUMBERED.sub(name, _ENVIRONMENTS.sub("", source)).encode("utf-8", "backslashreplace")


def _owners(module: ModuleCode) -> list[tuple[int, int, int]]:
    """The parts of the text in order, each with the number of the innermost function that it is in."""
    parts: list[tuple[int, int, int]] = []
    inside: list[FunctionCode] = []
    at = 0

    def close(until: int) -> None:
        nonlocal at
        if inside and until > at:
            parts.append((at, until, inside[-1].index))
            at = until

    for f in sorted(module.functions, key=lambda f: (f.start, -f.end, f.index)):
        while len(inside) > 1 and inside[-1].end <= f.start:
            close(inside[-1].end)
            inside.pop()
        close(f.start)
        at = max(at, f.start)
        inside.append(f)
    while inside:
        close(len(module.text) if len(inside) == 1 else inside[-1].end)
        inside.pop()
    return parts


def _frame(module: ModuleCode, owners: list[tuple[int, int]]) -> Iterator[object]:
    """What does not belong to one function."""
    yield module.imports, module.side_imports, module.exports, module.reexports, module.star_exports
    yield module.top_level, module.types, module.var_types, module.is_commonjs, module.uses_async
    for f in module.functions:
        yield f.name, f.kind, f.is_async, f.is_generator, f.has_await, f.param_names, f.param_types
        yield f.param_decorators, f.return_type, f.type_params, f.n_params
    for cls in module.classes:
        yield from _class(cls)
    found = DEFAULT.search(module.text)
    yield found and found[1]
    yield [adoption.client_of(module, local, source[0]) for local, source in module.imports.items()]
    yield [carried_by(module, name) for name in sorted(CARRIED)]
    assigned = {
        (owners[bisect_right(owners, (match.start(), len(module.functions))) - 1][1], match[match.lastindex or 0])
        for match in _ASSIGNED.finditer(module.text)
    }
    yield sorted(assigned)


def _class(cls: ClassCode) -> Iterator[object]:
    yield cls.name, cls.has_super, cls.super_type, cls.abstract, cls.decorators, cls.param_properties
    yield cls.implements, cls.type_params, cls.ctor and cls.ctor.index, only_assigns(cls)
    yield [replace(m, code=None) for m in cls.members], [m.code and m.code.index for m in cls.members]


def edit(old: Outline | None, new: Outline | None) -> Edit | None:
    """What has changed between two outlines; None when it may be anything."""
    if old is None or new is None or old.frame != new.frame or len(old.bodies) != len(new.bodies):
        return None
    changed = frozenset(i for i, (a, b) in enumerate(zip(old.bodies, new.bodies, strict=True)) if a != b)
    return Edit(changed, _same_lines(old.text.split(b"\n"), new.text.split(b"\n")))


def _same_lines(old: list[bytes], new: list[bytes]) -> Moves:
    most = min(len(old), len(new))
    head = next((i for i in range(most) if old[i] != new[i]), most)
    tail = next((i for i in range(most - head) if old[-1 - i] != new[-1 - i]), most - head)
    by = len(new) - len(old)
    kept = range(1, head + 1), range(len(old) - tail + 1, len(old) + 1)
    return {line: line for line in kept[0]} | {line: line + by for line in kept[1]}


def carried_over(result: FileResult, path: str, shown: str, edited: Edit) -> FileResult | None:
    """A result after an edit of the module at `path`, which reports call `shown`; None when it may be another.

    One with findings may be: they name what was loaded. One that met at what has the number of a site, too.
    """
    at = bisect_left(result.modules, path)
    entered = result.entered[at] if result.modules[at : at + 1] == (path,) else WHOLE
    if entered == WHOLE or result.findings or not edited.changed.isdisjoint(map(int, entered.split())):
        return None
    if any("fresh" in name for _, places in result.places for name, _, _ in places):
        return None
    return moved(result, shown, edited.lines) if mentions(result, shown) else result
