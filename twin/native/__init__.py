"""The kernel's own C sources under the Twin: `krepis verify --kernel`.

`explore.c` and its parts are compiled with the sources of the kernel against a simulated HAL (clock, readiness, bytes)
and explore what clients, handlers and the clock can do: every state of small scenarios, random and PCT samples of a
large one. A schedule is a scenario's name and its steps; it replays exactly.

The sources are those of a checkout, and a C compiler is needed; a wheel has neither.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

__all__ = ["KERNEL", "NativeError", "Outcome", "build", "outcomes", "record", "replay"]

_HERE: Final = Path(__file__).resolve().parent
KERNEL: Final = _HERE.parents[1] / "kernel_c" / "src"
_STATES_MAX: Final = 30_000_000
_SAMPLES: Final = {"quick": 2_000, "full": 200_000}
_FLAGS: Final = ("-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-UNDEBUG", "-DKR__LOG", "-pthread")
_APART: Final = {"hal_epoll.c", "ring.c", "wheel.c"}  # the real machine, and what threads.c and image.c include

Extent = Literal["quick", "full"]


class NativeError(Exception):
    """There is nothing to explore, no compiler, or a schedule that is none."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run said: `line` for people, the number of states (0 for samples), and a schedule when it failed."""

    scenario: str
    line: str
    states: int
    complete: bool
    finding: str | None = None
    schedule: str | None = None


def build(target: Path, kernel: Path = KERNEL) -> Path:
    """Compile the explorer with the kernel's sources into `target`. Raises NativeError."""
    sources = [path for path in sorted(kernel.glob("*.c")) if path.name not in _APART]
    if not sources:
        raise NativeError("the kernel's sources are not here: run this from a checkout of Krepis")
    parts = [*sorted(_HERE.glob("*.c")), *sources]
    command = [os.environ.get("CC", "cc"), *_FLAGS, "-I", str(_HERE), "-I", str(kernel), *map(str, parts)]
    try:
        ran = subprocess.run([*command, "-o", str(target)], capture_output=True, text=True, check=False)
    except OSError as error:
        raise NativeError(f"no C compiler: {error}") from error
    if ran.returncode:
        raise NativeError(f"the kernel does not compile:\n{ran.stderr}")
    return target


def _run(program: Path, arguments: list[str]) -> Outcome:
    """Raises NativeError when the program does not understand, or dies."""
    ran = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)
    if ran.returncode not in (0, 1, 2):
        raise NativeError(ran.stderr.strip() or f"the explorer ended with status {ran.returncode}")
    line, _, rest = ran.stdout.strip().partition("\n")
    states = re.search(r"(\d+) states", line)
    finding = re.search(r"^finding .*?\): (.*)", line)
    schedule = re.search(r"^schedule (\S+) (\S+)$", rest)
    return Outcome(
        scenario=arguments[1],
        line=line,
        states=int(states[1]) if states else 0,
        complete=ran.returncode == 0,
        finding=finding[1] if finding else None,
        schedule=f"{schedule[1]}:{schedule[2]}" if schedule else None,
    )


def outcomes(program: Path, extent: Extent, jobs: int = 2, only: str = "") -> Iterator[Outcome]:
    """Explore the fixed set, the quick or the full one, `jobs` scenarios at a time, in a fixed order.

    `only` leaves out scenarios whose names begin otherwise.
    """
    listed = subprocess.run([program, "list"], capture_output=True, text=True, check=True).stdout.splitlines()
    scenarios = [(name, how) for name, how in (line.split() for line in listed) if name.startswith(only)]
    samples = str(_SAMPLES[extent])
    work = [["all", name, str(_STATES_MAX)] for name, how in scenarios if how == "full" and extent == "full"]
    work += [["all", name, str(_STATES_MAX)] for name, how in scenarios if how == "quick"]
    work += [[how, name, "1", samples] for name, kind in scenarios if kind == "sampled" for how in ("random", "pct")]
    with ThreadPoolExecutor(jobs) as pool:
        yield from pool.map(lambda arguments: _run(program, arguments), work)


def record(program: Path, scenario: str, seed: int) -> list[tuple[str, tuple[int, ...]]]:
    """What happened to the connections in a random run: see `kr__log` in explore.c. Raises NativeError."""
    ran = subprocess.run([program, "record", scenario, str(seed)], capture_output=True, text=True, check=False)
    if ran.returncode:
        raise NativeError(ran.stdout[-400:] or ran.stderr)
    lines = (line.split() for line in ran.stdout.splitlines())
    return [(what, tuple(map(int, numbers))) for what, *numbers in lines]


def replay(program: Path, schedule: str) -> Outcome:
    """Run a schedule, as a finding gave it. Raises NativeError when it is none."""
    name, _, steps = schedule.partition(":")
    return _run(program, ["replay", name, steps])
