"""The templates of `krepis init`, and the files of a project that is made from one.

A template is a folder in `templates/` with a `template.toml`; below it are the files of the project, and so are those
of the layers that it names, which come first, and of `base`, which comes before all. Files that end in `.jinja` are
rendered, with nothing undefined; all others are copied, so that they are TypeScript for every tool. `dot_` at the
start of a name stands for a dot. Versions of packages are in one place, `packages.toml`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROOT: Final = Path(__file__).resolve().parent / "templates"  # without the links of an editable installation
_MANIFEST: Final = "template.toml"
_RENDERED: Final = ".jinja"
_NAME_MAX: Final = 214  # of an npm package


class ScaffoldError(ValueError):
    """What was asked for cannot be made; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Template:
    """A template: what `template.toml` says. `packages` are names by kind, as package.json calls the kinds."""

    name: str
    summary: str
    about: str
    layers: tuple[str, ...]
    packages: Mapping[str, tuple[str, ...]]
    environment: tuple[tuple[str, str], ...]


def templates() -> tuple[Template, ...]:
    """All templates, the simplest first."""
    found = [_read(file.parent) for file in ROOT.glob(f"*/{_MANIFEST}")]
    return tuple(template for _, template in sorted(found, key=lambda pair: (pair[0], pair[1].name)))


def find_template(name: str) -> Template:
    """The template of that name. Raises ScaffoldError."""
    for template in templates():
        if template.name == name:
            return template
    raise ScaffoldError(f"there is no template {name!r}; krepis init --list shows those that there are")


def _read(folder: Path) -> tuple[int, Template]:
    said = tomllib.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
    kinds = {kind: tuple(names) for kind, names in said.get("packages", {}).items()}
    environment = tuple(said.get("environment", {}).items())
    made = Template(folder.name, said["summary"], said["about"].strip(), tuple(said["layers"]), kinds, environment)
    return said["order"], made


def package_name(folder: str) -> str:
    """A name for package.json, from that of a folder. Raises ScaffoldError when nothing of it can be used."""
    name = re.sub(r"[^a-z0-9._-]+", "-", folder.lower()).strip("._-")[:_NAME_MAX]
    if not name or name in ("node_modules", "favicon.ico", "krepis"):
        raise ScaffoldError(f"{folder!r} cannot be the name of a package: it needs letters a to z or digits")
    return name


def project(template: Template, name: str) -> dict[str, bytes]:
    """The files of a new project by their paths, all but the SDK's package."""
    context = {"name": name, "template": template, "package": _package(template, name)}
    environment = Environment(
        loader=FileSystemLoader(ROOT), undefined=StrictUndefined, keep_trailing_newline=True,
        trim_blocks=True, lstrip_blocks=True, autoescape=False,
    )  # fmt: skip
    files = {}
    for layer in ("base", *template.layers, template.name):
        for file, path in _sources(ROOT / layer):
            if file.suffix == _RENDERED:
                text = environment.get_template(file.relative_to(ROOT).as_posix()).render(context)
                files[path.removesuffix(_RENDERED)] = text.encode()
            else:
                files[path] = file.read_bytes()
    return files


def _sources(folder: Path) -> Iterator[tuple[Path, str]]:
    """The files of a layer, with their paths in a project."""
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.name != _MANIFEST:
            parts = file.relative_to(folder).parts
            yield file, "/".join(re.sub("^dot_", ".", part) for part in parts)


def _package(template: Template, name: str) -> str:
    """The text of package.json."""
    kinds: dict[str, Any] = {"dependencies": {"krepis": "file:vendor/krepis.tgz"}}
    versions = package_versions()
    for kind, names in (*template.packages.items(), ("devDependencies", ("@types/node", "typescript"))):
        kinds.setdefault(kind, {}).update({one: versions[one] for one in names})
    said = {
        "name": name,
        "version": "0.1.0",
        "private": True,
        "type": "module",
        "engines": {"node": ">=24"},
        "scripts": {
            "dev": "krepis run",
            "start": "node src/server.ts",
            "test": "node --test 'test/**/*.test.ts'",
            "types": "tsc --noEmit",
            "verify": "krepis verify",
        },
        **{kind: dict(sorted(kinds[kind].items())) for kind in sorted(kinds)},
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


@cache
def package_versions() -> Mapping[str, str]:
    """The versions of all packages that templates use."""
    table: dict[str, str] = tomllib.loads((ROOT / "packages.toml").read_text(encoding="utf-8"))
    return table
