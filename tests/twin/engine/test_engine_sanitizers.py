"""The C engine under AddressSanitizer with leak detection, UndefinedBehaviorSanitizer and ThreadSanitizer.

`c/harness.c` runs programs in every mode with assertions on, and then hundreds of mutations of their words.
"""

from __future__ import annotations

import subprocess
from array import array
from pathlib import Path

import pytest
from krepis.twin._encode import encode
from krepis.twin.program import Program, ProgramCode, apply, select, update

from .programs import fib, lastzero, locked, philosophers, seats, unlocked, wcas

ENGINE = Path(__file__).resolve().parents[3] / "twin" / "engine"
SOURCES = Path(__file__).parent / "c"


def everything() -> ProgramCode:
    """A program that uses every instruction."""
    program = Program("everything")
    x, a = program.location("x"), program.array("a", 3, 1)
    m, s, p = program.mutex("m"), program.semaphore("s", 1), program.promise("p")
    program.invariant("small", program.read(x) + program.read(a[1]) < 9)
    child = program.thread("child", start=False)
    main = program.thread("main")
    r, v = main.register("r"), main.register("v")
    main.choose(r, 2)
    main.spawn(child)
    main.acquire(s)
    main.store(a[r], 2)
    main.fence()
    main.fetch_add(v, x, 1)
    main.release(s)
    main.await_(v, p)
    main.branch(apply("unknown", v), "skip")
    main.set(v, select(update(v, 1, r), 1))
    main.label("skip")
    main.sleep(5)
    main.now(r)
    main.join(child)
    main.check(r < 6)
    main.lock(m)
    q = child.register("q")
    with child.atomic():
        child.load(q, x)
        child.require(q.differs(7))
        child.store(x, q + 1)
    child.exchange(q, x, 3)
    child.compare_and_swap(q, x, 3, 4)
    child.sleep(3)
    child.resolve(p, q)
    child.step()
    child.lock(m)
    child.unlock(m)
    return program.build()


PROGRAMS = {
    "lastzero": (lastzero(3), 130, 12),
    "wcas": (wcas(3), 43, 13),
    "philosophers": (philosophers(3), 87, 6),
    "seats": (seats(3, 2), 78, 36),
    "fib": (fib(2), 169, 19),
    "locked": (locked(2, 2), 64, 6),
    "unlocked": (unlocked(3, 5), 220_914, 60),  # wide enough for two threads; traces are cut off
    "everything": (everything(), 447, 40),
}


def compiled(folder: Path, name: str, sanitizer: str) -> Path:
    """One of the C programs beside this file, with the engine, instrumented."""
    target = folder / "program"
    sources = [str(path) for path in sorted(ENGINE.glob("*.c"))]
    flags = ["-std=c11", "-g", "-O1", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE", "-UNDEBUG", "-pthread"]
    instrument = [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
    subprocess.run(
        ["gcc", *flags, *instrument, "-I", str(ENGINE), str(SOURCES / name), *sources, "-o", str(target)],
        check=True,
    )
    return target


@pytest.mark.parametrize(("sanitizer", "mutations"), [("address,undefined", 150), ("thread", 0)])
def test_no_sanitizer_complains(sanitizer: str, mutations: int, tmp_path: Path) -> None:
    harness = compiled(tmp_path, "harness.c", sanitizer)
    for name, (program, _, _) in PROGRAMS.items():
        (tmp_path / name).write_bytes(array("q", encode(program).words).tobytes())
    ran = subprocess.run(
        [str(harness), str(mutations), *PROGRAMS], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    counts = {line.split()[0]: tuple(map(int, line.split()[1:])) for line in ran.stdout.splitlines()}
    assert counts == {name: (states, traces) for name, (_, states, traces) in PROGRAMS.items()}


def test_units_written_in_c(tmp_path: Path) -> None:
    program = compiled(tmp_path, "units.c", "address,undefined")
    ran = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "ok\n", "")
