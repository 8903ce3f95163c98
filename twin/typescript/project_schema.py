"""Reads the constraints that a project declares: Prisma schemas, SQL migrations, ORM declarations in code.

Deliberately absent: parsing of any of them (schema.py).
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from krepis.twin.typescript.schema import EMPTY, Schema

if TYPE_CHECKING:
    from krepis.twin.typescript.program import Program

MAX_FILES = 400
"""Schema and migration files read."""
MAX_BYTES = 2_000_000
"""Size of one of them."""
SKIPPED = frozenset({"node_modules", "dist", ".git", "build", "coverage", ".next"})


def declaration_files(root: Path) -> list[Path]:
    """Prisma schemas and SQL files below `root`, in a stable order."""
    out: list[Path] = []
    for folder, names, files in os.walk(root):
        names[:] = sorted(n for n in names if n not in SKIPPED and not n.startswith("."))
        for name in sorted(files):
            if name.endswith((".prisma", ".sql")):
                out.append(Path(folder) / name)
                if len(out) >= MAX_FILES:
                    return out
    return out


def read_schema(program: Program) -> Schema:
    """All constraints of a program's project."""
    from krepis.twin.typescript import schema as reader

    found = EMPTY
    for path in declaration_files(program.root):
        try:
            if path.stat().st_size > MAX_BYTES:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        part = reader.from_prisma(text) if path.suffix == ".prisma" else reader.from_sql(text)
        found = reader.merge(found, part)
    return found
