"""Reads the constraints that a project declares: Prisma schemas, SQL migrations, and migrations written in code.

What modules declare when they are loaded (models, entities, tables), the models of the libraries note themselves.

Deliberately absent: parsing of any of them (schema.py).
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from krepis.twin.contents import MAX_DECLARING_BYTES, declares
from krepis.twin.folders import Folders
from krepis.twin.typescript.schema import EMPTY, Schema

if TYPE_CHECKING:
    from krepis.twin.typescript.program import Program

MAX_FILES = 400
"""Schema and migration files read."""
SKIPPED = frozenset({"node_modules", "dist", ".git", "build", "coverage", ".next"})


def declaration_files(root: Path, folders: Folders | None = None) -> list[Path]:
    """Prisma schemas and SQL files below `root`, in a stable order."""
    folders = folders or Folders()
    out: list[Path] = []
    pending = [str(root)]
    while pending:
        folder = pending.pop()
        try:
            listing = folders.listing(folder)
        except OSError:
            continue
        for name in listing.files:
            if name.endswith((".prisma", ".sql")):
                out.append(Path(folder) / name)
                if len(out) >= MAX_FILES:
                    return out
        wanted = (n for n in reversed(listing.folders) if n not in SKIPPED and n not in listing.links)
        pending += [os.path.join(folder, n) for n in wanted if not n.startswith(".")]
    return out


def declaring_sources(paths: Iterable[str], texts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The source files that create tables or indexes when they run, with their texts."""
    for path in paths:
        text = texts.get(path)
        if text is None:
            try:
                data = Path(path).read_bytes()
            except OSError:
                continue
            if declares(data):
                yield path, data.decode("utf-8", "replace")
        elif declares(text.encode("utf-8", "replace")):
            yield path, text


def read_schema(program: Program) -> Schema:
    """All constraints of a program's project."""
    from krepis.twin.typescript import schema as reader

    found = EMPTY
    for path in declaration_files(program.root):
        found = reader.merge(found, _of_file(path))
    for _, text in declaring_sources(program.files, program.texts):
        found = reader.merge(found, reader.from_typescript(text), reader.from_sql(text))
    return found


def _of_file(path: Path) -> Schema:
    """What a Prisma schema or a file of SQL declares."""
    from krepis.twin.typescript import schema as reader

    try:
        if path.stat().st_size > MAX_DECLARING_BYTES:
            return EMPTY
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return EMPTY
    return reader.from_prisma(text) if path.suffix == ".prisma" else reader.from_sql(text)


def declaration_of(path: Path) -> bytes:
    """A digest of what a Prisma schema or a file of SQL declares."""
    return _digest(_of_file(path))


def declaration_in(text: str) -> bytes:
    """A digest of what a source file declares."""
    from krepis.twin.typescript import schema as reader

    return _digest(reader.merge(reader.from_typescript(text), reader.from_sql(text)))


def _digest(found: Schema) -> bytes:
    tables = [(n, sorted(t.unique), t.primary_key, t.version, [*t.fields.items()]) for n, t in found.tables.items()]
    text = repr((tables, [*found.aliases.items()])).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(text, digest_size=16).digest()
