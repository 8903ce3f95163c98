"""Files of the catalogue for what a sentence asks for: a generator's in this project, or a project of their own.

A generator is used where the folder is a Krepis project that it fits into. Otherwise there is a new project from the
entry's template, with what its generator makes in it: in the folder itself when that is empty, else in one below it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from krepis.server.scaffold.catalogue import ScaffoldError, find_template, package_name, project
from krepis.server.scaffold.generate import APP, made, registered
from krepis.server.scaffold.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Answer:
    """Whole files by their paths from the root, what made them, and the `folder` that is their project ("." or one
    below). `alone`: it is a new project."""

    files: Mapping[str, bytes]
    label: str
    folder: str
    alone: bool


def answered(wanted: Wanted, root: Path, slug: str) -> Answer:
    """The files for what is wanted in the folder `root`. Nothing is written. Raises ScaffoldError."""
    problem = ""
    if wanted.kind is not None and is_ours(root):
        try:
            files = _generated(root, wanted)
            return Answer(files, f"krepis generate {_command(wanted)}", ".", alone=False)
        except ScaffoldError as error:
            problem = str(error)  # the generator needs something that this project has not
    empty = not root.is_dir() or not any(not entry.name.startswith(".") for entry in root.iterdir())
    folder = "." if empty else slug
    if not empty and (root / folder).exists():
        raise ScaffoldError(problem or f"{folder} is there already; nothing is put into it")
    files = _new(wanted, package_name((root / folder).resolve().name))
    if not empty:
        files = {f"{folder}/{path}": data for path, data in files.items()}
    made_by = f"krepis init --template {wanted.template}"
    return Answer(
        files, made_by + ("" if wanted.complete else f", krepis generate {_command(wanted)}"), folder, alone=True
    )


def _command(wanted: Wanted) -> str:
    return " ".join((wanted.kind or "", wanted.name, *wanted.fields))


def is_ours(root: Path) -> bool:
    """Whether a folder is a project on the Krepis SDK."""
    try:
        package = json.loads((root / "package.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    dependencies = package.get("dependencies") if isinstance(package, dict) else None
    return isinstance(dependencies, dict) and "krepis" in dependencies


def _generated(root: Path, wanted: Wanted) -> dict[str, bytes]:
    """What the generator makes in a project, with the lines by which the application knows of it."""
    assert wanted.kind is not None, "there is a generator"
    parts = made(root, wanted.kind, wanted.name, wanted.fields)
    files = dict(parts.files)
    if there := [path for path in files if (root / path).exists()]:
        raise ScaffoldError(f"{there[0]} is there already")
    if parts.lines:
        app = root / APP
        text = registered(app.read_text(encoding="utf-8"), parts.lines) if app.is_file() else None
        if text is None:
            raise ScaffoldError(f"{APP} has no single `return app;`")
        files[APP] = text.encode()
    return files


def _new(wanted: Wanted, name: str) -> dict[str, bytes]:
    files = project(find_template(wanted.template), name)
    if wanted.complete:
        return files
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        return {**files, **_generated(root, wanted)}
