"""The steps other than the verification: the project's own type check and tests.

They run what the project has installed, as its package manager would. A step that does not apply is skipped, and says
why; nothing is installed here.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from krepis.kernel.node import NodeError, find_node
from krepis.twin.report import visible

Status = Literal["passed", "failed", "skipped"]

_MANAGERS: Final = (("pnpm-lock.yaml", "pnpm"), ("yarn.lock", "yarn"), ("bun.lock", "bun"), ("bun.lockb", "bun"))
_PLACEHOLDER: Final = "no test specified"  # npm init writes a test that always fails
_TAIL: Final = 60  # lines of a failed command that are shown


@dataclass(frozen=True, slots=True)
class Step:
    """What became of a step. `detail` is one line; `output` the end of what a command that failed has said."""

    name: str
    status: Status
    seconds: float
    detail: str
    output: str = ""


def check_types(folder: Path, limit_s: float) -> Step:
    """The type check by the project's own TypeScript, which is looked for up to the root of the repository."""
    if not (folder / "tsconfig.json").is_file():
        return _skipped("types", "there is no tsconfig.json")
    homes = [folder, *folder.parents]
    stop = next((at for at, home in enumerate(homes) if (home / ".git").exists()), 0)
    for home in homes[: stop + 1]:
        compiler = home / "node_modules" / "typescript" / "bin" / "tsc"
        if compiler.is_file():
            node = _program("node")
            if node is None:
                return _skipped("types", "there is no node on the PATH")
            return _run("types", [node, str(compiler), "--noEmit", "-p", "."], folder, limit_s, "tsc --noEmit")
    return _skipped("types", "TypeScript is not installed in node_modules")


def run_tests(folder: Path, limit_s: float) -> Step:
    """The `test` script of package.json, by the package manager whose lock file the project has."""
    try:
        package = json.loads((folder / "package.json").read_text(encoding="utf-8"))
        script = package["scripts"]["test"]
    except (OSError, ValueError, KeyError, TypeError):
        return _skipped("tests", "package.json has no test script")
    if not isinstance(script, str) or _PLACEHOLDER in script:
        return _skipped("tests", "package.json has no test script")
    name = next((manager for lock, manager in _MANAGERS if (folder / lock).exists()), "npm")
    manager = _program(name)
    if manager is None:
        return _skipped("tests", f"there is no {name} on the PATH")
    return _run("tests", [manager, "run", "test"], folder, limit_s, f"{name} run test", _path(package))


def _path(package: dict[str, Any]) -> str:
    """The PATH of scripts: the Node that `krepis run` takes comes first in a project that is on the kernel."""
    path = os.environ.get("PATH", os.defpath)
    if "krepis" not in (package.get("dependencies") or {}):
        return path
    try:
        return f"{find_node().program.parent}{os.pathsep}{path}"
    except NodeError:
        return path


def _skipped(name: str, why: str) -> Step:
    return Step(name, "skipped", 0.0, why)


def _program(name: str) -> str | None:
    """Where a program is: on the PATH, or beside the Python that runs (where wheels put it)."""
    return shutil.which(name) or shutil.which(name, path=str(Path(sys.executable).parent))


def _run(name: str, command: Sequence[str], folder: Path, limit_s: float, shown: str, path: str | None = None) -> Step:
    """Run a command to its end, or until the limit; nothing that it has started is left behind."""
    start = time.monotonic()
    environment = {**os.environ, "CI": "true", **({"PATH": path} if path else {})}
    try:
        with subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True,
        ) as process:  # fmt: skip
            try:
                said, _ = process.communicate(timeout=limit_s)
                detail = f"{shown}: status {process.returncode}" if process.returncode else shown
            except subprocess.TimeoutExpired:
                _end(process)
                said, _ = process.communicate()
                detail = f"{shown}: not done in {limit_s:g} s"
            except BaseException:
                _end(process)
                raise
    except OSError as error:
        return Step(name, "failed", time.monotonic() - start, visible(f"{shown}: {error}"))
    passed = detail == shown
    output = "" if passed else "\n".join(visible(line) for line in said.splitlines()[-_TAIL:])
    return Step(name, "passed" if passed else "failed", time.monotonic() - start, detail, output)


def _end(process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
