"""Imports that a written file forgot, or took from the wrong module, where the program leaves no doubt.

Models of a useful size know what they want and forget where it is. A name that nothing declares, and that exactly one
file of the program exports (or one module of Node is known for), is imported from there; an import of a module that
does not exist is dropped when all that it names is to be had in that way. Nothing is guessed: other names stay
unknown, and the gate says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

from krepis.server.agents.check import world_of
from krepis.server.agents.globals import OF_NODE
from krepis.server.agents.names import check_names
from krepis.server.index import facts
from krepis.server.run import text_of
from krepis.twin.options import Options, SourceFile

_NAMED: Final = re.compile(
    r"""^import\s+(?:type\s+)?\{([^{}]*)\}\s*from\s*(["'])([^"'\n]+)\2[ \t]*;?[ \t]*\n""", re.MULTILINE
)
_RELATIVE: Final = re.compile(r"""\bfrom\s*["']\.[^"'\n]*?(\.[cm]?[jt]s)?["']""")


def with_imports(file: SourceFile, program: Sequence[SourceFile], options: Options) -> str:
    """The text of a file that is to be added to a program, with what it forgot to import."""
    others = [other for other in program if other.absolute != file.absolute]
    homes = _homes(file.path, others)
    text = text_of(file)
    problems = _problems(replace(file, text=text), others, options)
    wrong = {name for kind, name in problems if kind == "import"}

    def kept(found: re.Match[str]) -> str:
        names = [part.strip().removeprefix("type ") for part in found[1].split(",") if part.strip()]
        bad = found[3] in wrong or not wrong.isdisjoint(names)
        return "" if bad and all(name in homes for name in names) else found[0]

    text = _NAMED.sub(kept, text)
    problems = _problems(replace(file, text=text), others, options)
    wanted: dict[str, list[str]] = {}
    for name in sorted({name for kind, name in problems if kind == "name" and name in homes}):
        module, is_type = homes[name]
        wanted.setdefault(module, []).append(f"type {name}" if is_type else name)
    lines = [f"import {{ {', '.join(names)} }} from '{module}';\n" for module, names in sorted(wanted.items())]
    return "".join(lines) + text


def specifier(of: str, importer: str) -> str:
    """How a file imports another, both relative to one folder, without an extension."""
    target = Path(of).with_suffix("").as_posix()
    folder = Path(importer).parent
    up = 0
    while folder != Path() and not Path(target).is_relative_to(folder):
        folder, up = folder.parent, up + 1
    rest = Path(target).relative_to(folder).as_posix()
    return "../" * up + rest if up else f"./{rest}"


def _problems(file: SourceFile, others: Sequence[SourceFile], options: Options) -> set[tuple[str, str]]:
    world = world_of([*others, file], options)
    try:
        return {(problem.kind, problem.name) for problem in check_names(str(file.absolute), world).problems}
    except RecursionError:
        return set()


def _homes(path: str, others: Sequence[SourceFile]) -> Mapping[str, tuple[str, bool]]:
    """By name the one module that is known to export it, as `path` imports it, and whether it is only a type."""
    endings = [found[1] or "" for other in others for found in _RELATIVE.finditer(text_of(other))]
    ending = max(set(endings), key=endings.count) if endings else ""
    found: dict[str, set[tuple[str, bool]]] = {}
    for other in others:
        module = specifier(other.path, path) + ending
        for symbol in facts(text_of(other), other.path).symbols:
            if symbol.exported and not symbol.container and symbol.kind != "module":
                found.setdefault(symbol.name, set()).add((module, symbol.kind in ("interface", "type")))
    homes = {name: next(iter(modules)) for name, modules in found.items() if len(modules) == 1}
    node = {name: (f"node:{module}", False) for module, names in OF_NODE.items() for name in names if name not in found}
    return {**node, **homes}
