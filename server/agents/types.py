"""The project's own TypeScript as a judge: what it says of changed files that it did not say before.

Node runs the compiler that the project has in node_modules. TypeScript 5 and 6 have a programming interface, and get
the changed texts in memory. The native compiler (TypeScript 7, and the preview of it) is only a program: it sees a
temporary folder, where the program's texts are files and everything else of the project is a link. Both run code of
the workspace, as every editor's TypeScript does, so it is only done where the user has asked for something: never for
a completion while typing.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from krepis.kernel.node import NodeError, find_node
from krepis.server.run import text_of
from krepis.twin.options import SourceFile

TIMEOUT_S: Final = 120.0
MAX_REPORTED: Final = 20
Problems = tuple[tuple[str, int, str], ...]
TypeCheck = Callable[[Sequence[SourceFile], Sequence[SourceFile], Sequence[SourceFile]], Problems]
"""From the program before, after, and the changed files of it to (file, line from 1, message)."""
_SCRIPT: Final = Path(__file__).with_name("check_types.cjs")
_PROGRAMS: Final = ("typescript/lib/tsc.js", "@typescript/native-preview/lib/tsgo.js")
_DIAGNOSTIC: Final = re.compile(r"^(?P<file>\S.*?)\((?P<line>\d+),\d+\): error (?P<message>TS\d+: .*)$")
_CONFIG: Final = "tsconfig.krepis.json"


@dataclass(frozen=True, slots=True)
class Compiler:
    """A compiler in node_modules: its library, or the script that starts it."""

    file: Path
    native: bool


def compiler_of(root: Path) -> Compiler | None:
    """The TypeScript of a project: that of the nearest node_modules that has one."""
    for folder in (root, *root.parents):
        modules = folder / "node_modules"
        library = modules / "typescript" / "lib" / "typescript.js"
        if library.is_file():
            return Compiler(library, native=False)
        for name in _PROGRAMS:
            if (modules / name).is_file():
                return Compiler(modules / name, native=True)
    return None


def type_check(root: Path, node: str | None = None) -> TypeCheck | None:
    """A check with the project's TypeScript; None when it has none, or there is no Node."""
    compiler = compiler_of(root)
    if compiler is None:
        return None
    try:
        program = find_node(node).program
    except NodeError:
        return None

    def run(before: Sequence[SourceFile], after: Sequence[SourceFile], changed: Sequence[SourceFile]) -> Problems:
        try:
            if compiler.native:
                return _by_program([str(program), str(compiler.file)], root, before, after, changed)
            return _by_library(program, compiler.file, root, before, after, changed)
        except (OSError, ValueError, subprocess.TimeoutExpired) as error:
            return (("", 1, f"the project's TypeScript gave no answer ({type(error).__name__})"),)

    return run


def _by_library(
    node: Path,
    library: Path,
    root: Path,
    before: Sequence[SourceFile],
    after: Sequence[SourceFile],
    changed: Sequence[SourceFile],
) -> Problems:
    shown = {str(file.absolute): file.path for file in changed}
    request = {
        "typescript": str(library),
        "root": str(root),
        "before": {str(file.absolute): text_of(file) for file in before},
        "after": {str(file.absolute): text_of(file) for file in after},
        "changed": list(shown),
    }
    done = subprocess.run([node, _SCRIPT], input=json.dumps(request), capture_output=True, text=True, timeout=TIMEOUT_S)
    found = json.loads(done.stdout)
    return tuple((shown[path], line, message) for path, line, message in found[:MAX_REPORTED])


def _by_program(
    command: Sequence[str],
    root: Path,
    before: Sequence[SourceFile],
    after: Sequence[SourceFile],
    changed: Sequence[SourceFile],
) -> Problems:
    wanted = {file.absolute: file.path for file in changed}

    def errors(files: Sequence[SourceFile]) -> list[tuple[Path, int, str, str]]:
        texts = {file.absolute: text_of(file) for file in files if file.absolute.is_relative_to(root)}
        lines = {path: text.split("\n") for path, text in texts.items() if path in wanted}
        return [
            (path, line, message, lines[path][line - 1].strip() if line <= len(lines[path]) else "")
            for path, line, message in _compiled(command, root, texts)
            if path in lines
        ]

    now = errors(after)
    known = Counter((path, message, text) for path, _, message, text in (errors(before) if now else ()))
    fresh: list[tuple[str, int, str]] = []
    for path, line, message, text in now:
        if known[path, message, text]:
            known[path, message, text] -= 1
        else:
            fresh.append((wanted[path], line, message))
    return tuple(fresh[:MAX_REPORTED])


def _compiled(command: Sequence[str], root: Path, texts: Mapping[Path, str]) -> list[tuple[Path, int, str]]:
    """What a compiler that is a program says of a project with these texts. Raises ValueError for no answer."""
    with tempfile.TemporaryDirectory(prefix="krepis-types-") as made:
        copy = Path(made).resolve()
        base = _lay_out(copy, root, texts)
        config = copy / base.relative_to(base.anchor) / _CONFIG
        said: dict[str, object] = {
            "compilerOptions": {"noEmit": True, "skipLibCheck": True, "incremental": False, "composite": False},
            "files": [str(copy / path.relative_to(path.anchor)) for path in texts],
        }
        if (base / "tsconfig.json").is_file():
            said["extends"] = "./tsconfig.json"
        config.write_text(json.dumps(said), encoding="utf-8")
        done = subprocess.run(
            [*command, "-p", str(config), "--pretty", "false"],
            cwd=copy,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            stdin=subprocess.DEVNULL,
        )
        if done.returncode not in (0, 1, 2):
            raise ValueError(f"status {done.returncode}")
        found = [match for line in done.stdout.splitlines() if (match := _DIAGNOSTIC.match(line))]
        return [
            (Path(root.anchor, (copy / match["file"]).relative_to(copy)), int(match["line"]), match["message"])
            for match in found
        ]


def _lay_out(copy: Path, root: Path, texts: Mapping[Path, str]) -> Path:
    """Make `copy` look like the file system from `root` upwards, with `texts` as files; the folder of tsconfig.json."""
    base = next((folder for folder in (root, *root.parents) if (folder / "tsconfig.json").is_file()), root)
    folders = {folder for path in texts for folder in path.parents if folder.is_relative_to(root)} | {root}
    for path in (*folders, *texts):
        target = copy / path.relative_to(path.anchor)
        if path in texts:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(texts[path], encoding="utf-8")
        else:
            target.mkdir(parents=True, exist_ok=True)
    for folder in (*folders, *root.parents):
        for entry in folder.iterdir() if folder.is_dir() else ():
            above = folder not in folders
            if above and not (entry.name in ("node_modules", "package.json") or entry.name.startswith("tsconfig")):
                continue
            link = copy / entry.relative_to(entry.anchor)
            if entry not in texts and not link.exists() and entry.name != ".git":
                link.symlink_to(entry)
    return base
