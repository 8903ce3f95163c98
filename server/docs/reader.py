"""The routes of a program with the types of what they take and answer, read by the project's own TypeScript.

`read_types.mjs` does the reading in Node. Nothing of the project is run but its compiler, as every editor does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from krepis.kernel.node import Node
from krepis.twin.options import SourceFile

TIMEOUT_S: Final = 120.0
_SCRIPT: Final = Path(__file__).resolve().with_name("read_types.mjs")
Schema = dict[str, Any]
"""A schema as OpenAPI 3.1 has it: JSON Schema 2020-12."""


class ReaderError(Exception):
    """The routes cannot be read; the message is for the user."""


class Answer(msgspec.Struct, frozen=True):
    """What is answered with a status (digits, or `default`): schemas by media type, of which one holds."""

    status: str
    texts: tuple[str, ...]
    headers: tuple[str, ...]
    content: tuple[tuple[str, tuple[Schema, ...]], ...]


class Route(msgspec.Struct, frozen=True, rename={"body_media": "bodyMedia"}):
    """A route.

    `path` is as its framework writes it, with what its router is mounted at, and `own` without. `line` counts from 1;
    `headers` are those that the handler reads.
    """

    framework: str
    method: str
    path: str
    own: str
    file: str
    line: int
    summary: str
    description: str
    deprecated: bool
    tags: tuple[str, ...]
    parameters: dict[str, Schema]
    answers: tuple[Answer, ...]
    query: Schema | None = None
    body: Schema | None = None
    body_media: str = "application/json"
    headers: tuple[str, ...] = ()


class Api(msgspec.Struct, frozen=True):
    """All routes of a program, in the order of their files, and the schemas that have names."""

    routes: tuple[Route, ...]
    components: dict[str, Schema]


def compiler_of(root: Path) -> Path | None:
    """The folder of the project's TypeScript: that of the nearest node_modules that has one."""
    for folder in (root, *root.parents):
        library = folder / "node_modules" / "typescript"
        if (library / "package.json").is_file():
            return library.resolve()
    return None


def read(root: Path, files: Sequence[SourceFile], node: Node) -> Api:
    """The routes that `files` register. Raises ReaderError."""
    library = compiler_of(root)
    if library is None:
        raise ReaderError(f"TypeScript is not installed in {root}: run npm install there, or npm install -D typescript")
    request = {"typescript": str(library), "root": str(root), "files": [str(file.absolute) for file in files]}
    command = [str(node.program), "--no-warnings", str(_SCRIPT)]
    try:
        done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired as error:
        raise ReaderError(f"TypeScript has not read {root} within {TIMEOUT_S:g} s") from error
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if "Error" in line), done.stderr.strip()[-200:])
        raise ReaderError(f"the TypeScript in {library} cannot read the project: {said}")
    return msgspec.json.decode(done.stdout, type=Api)
