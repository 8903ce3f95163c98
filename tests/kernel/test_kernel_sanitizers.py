"""The C kernel with assertions on, under AddressSanitizer with leak detection and UndefinedBehaviorSanitizer.

`KREPIS_FUZZ` sets how many mutations of each message are tried, and how many simulated runs; `make soak` tries many.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from .corpus import CASES

KERNEL = Path(__file__).resolve().parents[2] / "kernel_c" / "src"
SOURCES = Path(__file__).parent / "c"
MUTATIONS = os.environ.get("KREPIS_FUZZ", "60")
SEEDS = str(int(MUTATIONS) * 25)


def compiled(target: Path, name: str, *flags: str, parts: str = "*.c") -> Path:
    """One of the C programs beside this file, with the kernel or parts of it, instrumented."""
    warnings = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-UNDEBUG", "-pthread"]
    instrument = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
    sources = [str(SOURCES / name), *map(str, sorted(KERNEL.glob(parts)))]
    subprocess.run(["gcc", *warnings, *instrument, *flags, "-I", str(KERNEL), *sources, "-o", str(target)], check=True)
    return target


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the instrumented kernel said to the corpus, with vectors and without."""
    folder = tmp_path_factory.mktemp("requests")
    names = []
    for index, case in enumerate(CASES):
        (folder / str(index)).write_bytes(case.data)
        names.append(str(index))
    out = {}
    for build, flags in {"vectors": (), "portable": ("-DKR_PORTABLE",)}.items():
        program = compiled(folder / build, "requests.c", *flags)
        ran = subprocess.run([program, MUTATIONS, *names], cwd=folder, capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (0, "")
        out[build] = ran.stdout
    return out


def test_no_sanitizer_complains_and_the_corpus_is_answered(said: dict[str, str]) -> None:
    for index, line in enumerate(said["vectors"].splitlines()[:-1]):
        case = CASES[index]
        status = case.expected if isinstance(case.expected, int) else 0
        count = len(case.expected) if isinstance(case.expected, tuple) else None
        got = line.split()
        assert (int(got[0]), int(got[2])) == (index, status), case
        assert count in (None, int(got[1])), case


def test_the_portable_build_says_the_same_to_every_mutation(said: dict[str, str]) -> None:
    assert said["portable"] == said["vectors"]


def test_the_server_over_a_simulated_machine(tmp_path: Path) -> None:
    program = compiled(tmp_path / "simulation", "simulation.c")
    ran = subprocess.run([program, SEEDS, "1"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ok\n", "")


@pytest.mark.parametrize("part", ["websocket", "tenants"])
def test_parts_of_their_own_keep_their_invariants(tmp_path: Path, part: str) -> None:
    program = compiled(tmp_path / part, f"{part}.c", parts=f"{part}.c")
    ran = subprocess.run([program, SEEDS, "1"], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ok\n", "")


def test_threads_hand_over_through_the_ring_without_a_race(tmp_path: Path) -> None:
    """ThreadSanitizer does not know fences; of them only the wake-up depends, which the Twin explores."""
    warnings = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-Wno-tsan", "-D_GNU_SOURCE", "-UNDEBUG"]
    program, sources = tmp_path / "ring", [SOURCES / "ring.c", KERNEL / "ring.c"]
    command = ["gcc", *warnings, "-pthread", "-fsanitize=thread", "-I", KERNEL, *sources, "-o", program]
    subprocess.run(command, check=True)
    ran = subprocess.run([program, str(int(MUTATIONS) * 200)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ok\n", "")
