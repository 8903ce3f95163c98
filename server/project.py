"""A project that `krepis run` and `krepis benchmark` start: its folder, its entry file, whether its packages are there.

The entry file is the file that is named; else the setting `entry`; else what `package.json` names as `main` where that
is TypeScript; else the first of the usual names; else `main` where it is JavaScript. Deliberately absent: scripts of
`package.json`, which start whatever they like.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from krepis.server.discover import DECLARATIONS, JAVASCRIPT, TYPESCRIPT

_FOLDERS: Final = ("src", ".", "app")
_STEMS: Final = ("server", "main", "app", "index")


class ProjectError(ValueError):
    """There is nothing to run; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Project:
    """What to run: the entry file, and the folder of its package, both absolute."""

    entry: Path
    root: Path


def find_project(path: Path, entry: str | None = None) -> Project:
    """The project at an absolute path; `entry` is the setting, relative to a folder `path`. Raises ProjectError."""
    if path.is_file():
        if not _is_source(path):
            raise ProjectError(f"{path.name} is neither TypeScript nor JavaScript")
        return Project(path, next((above for above in path.parents if (above / "package.json").is_file()), path.parent))
    if not path.is_dir():
        raise ProjectError(f"no such file or folder: {str(path)!r}")
    if entry is not None:
        if not (path / entry).is_file():
            raise ProjectError(f"the setting entry names {entry!r}, which is no file in {path}")
        return Project((path / entry).resolve(), path)
    main = package(path).get("main")
    mains = [main] if isinstance(main, str) and _is_source(path / main) else []
    usual = [f"{folder}/{stem}" for folder in _FOLDERS for stem in _STEMS]
    candidates = [
        *(name for name in mains if name.endswith(TYPESCRIPT)),
        *(stem + suffix for suffix in (*TYPESCRIPT, *JAVASCRIPT) if not suffix.endswith("x") for stem in usual),
        *mains,
    ]
    for name in candidates:
        if (path / name).is_file():
            return Project((path / name).resolve(), path)
    raise ProjectError(
        f"no entry file in {path}: looked for main in package.json and for {', '.join(_STEMS)} (.ts, .mts, .cts, .js, "
        f".mjs, .cjs) in {', '.join(_FOLDERS)}. Name a file, or write entry under [run] in krepis.toml."
    )


def package(root: Path) -> dict[str, Any]:
    """What `package.json` says, or nothing. Raises ProjectError when it cannot be read."""
    file = root / "package.json"
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise ProjectError(f"{file}: {error}") from error
    return said if isinstance(said, dict) else {}


def missing_packages(root: Path) -> list[str]:
    """The dependencies of the package in `root` that are not installed in it or above it."""
    wanted = package(root).get("dependencies")
    return [
        name
        for name in (wanted if isinstance(wanted, dict) else {})
        if name != "krepis" and not any((folder / "node_modules" / name).is_dir() for folder in (root, *root.parents))
    ]


def _is_source(path: Path) -> bool:
    return path.name.endswith((*TYPESCRIPT, *JAVASCRIPT)) and not path.name.endswith(DECLARATIONS)
