"""Fuzzes the C code that reads what others write: `make fuzz`, or `python tests/fuzz/run.py [--seconds N] [NAME ...]`.

Each target is a C file beside this one, built by clang with libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer
and with assertions on. Exit status: 0 without a finding, 1 with one (the input is kept and named), 2 without clang.
"""

from __future__ import annotations

import argparse
import importlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KERNEL, ENGINE = ROOT / "kernel_c" / "src", ROOT / "twin" / "engine"
TARGETS = {
    "connection": [KERNEL / name for name in ("body.c", "connection.c", "head.c", "span.c")],
    "websocket": [KERNEL / "websocket.c"],
    "program": sorted(ENGINE.glob("*.c")),
}
FLAGS = ["-std=c11", "-g", "-O1", "-D_GNU_SOURCE", "-UNDEBUG", "-fno-sanitize-recover=all", "-pthread"]
SANITIZERS = "-fsanitize=fuzzer,address,undefined"


def compiler() -> str | None:
    """The clang that is there."""
    names = ["clang", *(f"clang-{version}" for version in range(21, 13, -1))]
    return next((path for name in names if (path := shutil.which(name))), None)


def build(clang: str, name: str, folder: Path) -> Path:
    """The fuzzer of a target."""
    sources, target = TARGETS[name], folder / name
    command: list[str | Path] = [clang, *FLAGS, SANITIZERS, "-I", sources[0].parent]
    subprocess.run([*command, Path(__file__).parent / f"{name}.c", *sources, "-o", target], check=True)
    return target


def seeds(name: str, folder: Path) -> Path:
    """Inputs to begin with."""
    corpus = folder / f"{name}-corpus"
    corpus.mkdir()
    if name == "connection":
        sys.path.insert(0, str(ROOT / "tests" / "kernel"))
        for index, case in enumerate(importlib.import_module("corpus").CASES):
            (corpus / str(index)).write_bytes(case.data)
    return corpus


def fuzz(clang: str, name: str, seconds: int) -> bool:
    """Runs a target; prints a line. Whether nothing was found."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        program, corpus = build(clang, name, folder), seeds(name, folder)
        start = time.monotonic()
        limits = [f"-max_total_time={seconds}", "-max_len=8192", "-timeout=20", "-print_final_stats=1"]
        artefact = f"-artifact_prefix={ROOT / 'build'}/fuzz-{name}-"
        ran = subprocess.run([program, *limits, artefact, corpus], capture_output=True, text=True, check=False)
        runs = re.search(r"number_of_executed_units: (\d+)", ran.stderr)
        reached = re.findall(r"cov: (\d+)", ran.stderr)
        said = f"{int(runs[1]):,} inputs, {reached[-1]} edges" if runs and reached else ran.stderr[-3000:]
        mark = "ok  " if ran.returncode == 0 else "FAIL"
        print(f"{mark} {name:12} {said}, {time.monotonic() - start:.0f} s", flush=True)
        return ran.returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Fuzz the C code that reads what others write")
    parser.add_argument("names", nargs="*", help=f"of {', '.join(TARGETS)}; all of them when none is named")
    parser.add_argument("--seconds", type=int, default=300, help="for each target")
    options = parser.parse_args()
    unknown = set(options.names) - set(TARGETS)
    if unknown:
        parser.error(f"there is no target {', '.join(sorted(unknown))}")
    clang = compiler()
    if clang is None:
        print("there is no clang: install it (Debian: apt-get install clang)", file=sys.stderr)
        return 2
    (ROOT / "build").mkdir(exist_ok=True)
    names = options.names or list(TARGETS)
    with ThreadPoolExecutor(2) as pool:
        return 0 if all(list(pool.map(lambda name: fuzz(clang, name, options.seconds), names))) else 1


if __name__ == "__main__":
    sys.exit(main())
