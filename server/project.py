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
from krepis.twin.typescript.tsconfig import read_tsconfig

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
        *(f"{stem}.tsx" for stem in usual),
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


COMPILED: Final = (
    "emitDecoratorMetadata", "experimentalDecorators", "jsx", "jsxFactory", "jsxFragmentFactory", "jsxImportSource",
    "target", "useDefineForClassFields", "verbatimModuleSyntax",
)  # fmt: skip
"""The options of tsconfig.json that change what comes out of a compiler, as the process that runs it is told them."""
_COMMONJS: Final = ("commonjs", "node16", "node18", "node20", "nodenext")  # of a package that is not "type": "module"
_EXTENDED_MAX: Final = 32


def compiler(root: Path) -> dict[str, Any] | None:
    """What `kernel_c/sdk/compile.ts` is told (its `CompilerTask`): the nearest tsconfig.json in or above an absolute
    folder, with those that it extends; None without one."""
    file = next(
        (folder / "tsconfig.json" for folder in (root, *root.parents) if (folder / "tsconfig.json").is_file()), None
    )
    if file is None:
        return None
    options: dict[str, Any] = {}
    paths: list[tuple[str, list[str]]] | None = None
    base: Path | None = None
    left = [file]
    for _ in range(_EXTENDED_MAX):
        if not left:
            break
        config = left.pop()
        own, extends = read_tsconfig(config)
        options = {**{key: own[key] for key in (*COMPILED, "module") if key in own}, **options}
        if base is None and isinstance(own.get("baseUrl"), str):
            base = config.parent / own["baseUrl"]
        if paths is None and isinstance(own.get("paths"), dict):
            folder = base or config.parent
            paths = [
                (pattern, [str((folder / target).resolve()) for target in targets if isinstance(target, str)])
                for pattern, targets in own["paths"].items()
                if isinstance(targets, list)
            ]
        names = [extends] if isinstance(extends, str) else extends if isinstance(extends, list) else []
        left += [found for name in names if isinstance(name, str) and (found := _extended(config.parent, name))]
    if base is not None:
        paths = [*(paths or []), ("*", [str((base / "*").resolve())])]
    module = str(options.pop("module", "")).lower()
    commonjs = package(root).get("type") != "module" and module in _COMMONJS
    return {"root": str(root), "paths": paths or [], "options": options, "commonjs": commonjs}


def _extended(folder: Path, name: str) -> Path | None:
    """The file that `extends` names: a path, or one in a package."""
    if name.startswith((".", "/")):
        places = [folder / name]
    else:
        places = [above / "node_modules" / name for above in (folder, *folder.parents)]
    candidates = (
        candidate for place in places for candidate in (place, Path(f"{place}.json"), place / "tsconfig.json")
    )
    return next((candidate for candidate in candidates if candidate.is_file()), None)


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
