"""Makes docs/verification.md: what is claimed, how it is checked, how far, and with what result.

    python docs/verification.py      runs TLC on every specification and its mutants, and writes the page (minutes)

The claims are the comments above the properties in `specs/*.tla`, the numbers those that TLC and the engine say. The
tests in `tests/specs` compute the same rows again and compare them with the page, so that it cannot go stale.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from krepis.twin import tlc
from krepis.twin.explore import Options, explore

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "verification.md"
TESTS = "tests/specs/test_conformance.py"
HEAD = """\
<!-- Made by docs/verification.py; do not edit. -->

# What is verified, and how

Each line can be reproduced with the command in its last column.
A bound is part of the claim: nothing is said about what lies outside it.

## Specifications

The modules are in `specs/`, in TLA+; TLC visits every reachable state.
A property that holds means little unless it could fail, so for each there is a mutant of the specification, with one
definition replaced, that TLC rejects because of it.
Every action of a module happens under at least one of its configurations.

| Claim | Checked | Bound: configuration and its distinct states | Result | Command |
| --- | --- | --- | --- | --- |
"""
CONFORMANCE = """
## The engine is what the specifications say

The same system is given to TLC, as constants of a module, and to the engine, as a program.
Both must have the same number of distinct states and the same outcomes; both are computed in the test.
Recorded schedules of the engine must be runs of the specification, and corrupted ones must not.
Systems with more than a million states are compared by `make soak`.

| Claim | Checked | Bound: systems and their distinct states | Command |
| --- | --- | --- | --- |
"""
KERNEL = """
## The kernel's own C under the Twin

The sources of `kernel_c/src` are compiled against a simulated clock, network and handlers (`twin/native/`).
A step is a tick of the server, or something that a client, a handler or the clock does; each step may come at any time
that the scenario's bounds allow.
So partial reads, pipelining, slow clients, resets, time limits and a graceful end meet in every order.
States are told apart by 64 bits of hash; that two of n states collide and one is left out has a probability below
n² / 2⁶⁵, here less than one in 100,000.
Not explored: files, WebSockets, bodies beyond a small buffer.
A server is one thread's; what threads share is the ring through which they hand over (`twin/native/threads.c`).
Its source runs as coroutines over simulated memory, and each access to shared memory is a step.

| Claim | Checked | Bound | Command |
| --- | --- | --- | --- |
| In every state each block, buffer and place is free or in use, exactly once; no assertion fails; no descriptor is \
used after it was closed. | every state | `twin/native/scenarios.c`: 2 to 4 clients, and 2 or 3 threads at the ring, \
17,669,972 states | `krepis verify --kernel` |
| A connection that can go on is served in the next tick. | every state | as above | `krepis verify --kernel` |
| Responses come in the order of their requests, and every request is answered unless a client, a time limit or a \
shutdown cut it off. | every way to an end | as above | `krepis verify --kernel` |
| The server stops when it was told to, and all that it took is given back. | every way to an end | as above | \
`krepis verify --kernel` |
| The same holds with six clients. | 400,000 random and PCT runs | the scenario `large` | `krepis verify --kernel` |
| Threads that hand over through the ring lose no item, take none twice, keep the order of each, have no data race, \
and the one that sleeps is woken. | every state under SC, x86-TSO and release/acquire | 2 or 3 threads, 2 to 4 items, \
2 slots | `krepis verify --kernel` |
| A lost wake-up, a double free on reset, a leak and an unfair scheduler, planted in the C of the server, and a \
missing fence, a missing release, a lost wake-up and an ABA, planted in the ring, are each found, with a schedule that \
replays. | patches of the sources | `tests/twin/native/mutants` | `pytest tests/twin/native` |
| What the timer wheel and the tenants did is a run of `TimerWheel`, `EventScheduler` and `TenantIsolation`, with the \
constants of the C code; a record of which one result was changed is not. | recorded calls through the binding that \
ships | 8 random records each | `pytest tests/specs/test_kernel_traces.py` |
| No input, and no way to cut one, makes the requests of a connection, the codec of WebSockets or the validator of \
programs read or write where they may not, or say something else. | libFuzzer with ASan, UBSan and assertions | \
5 minutes each, on two busy cores | `make fuzz` |
| What happened to connections is a run of `ConnectionLife`; a record of which one number was changed is not. | \
notes of the kernel under the Twin (`KR__NOTE`, not compiled into what ships) | 40 random runs | \
`pytest tests/specs/test_kernel_traces.py` |
"""
PROOFS = """
## Bounded proofs of C functions

ESBMC shows for all inputs within the bound that no access is out of bounds, no signed number overflows, no shift is out
of range, every assertion of the source holds, and what the line claims.
Each proof rejects a mutant of its function.
What is assumed is in the proof's README; assumptions about a function that is called are proved in its own line where
it has one.
Not proved, among others: `kr_head_parse` as a whole, `kr__output_sent`, the walk of the tenants' turns and
`kr_tenants_end`, and the growing of the engine's tables (the solver gave no answer in minutes); nor, untried, the
tables of the router as a whole.
There tests, fuzzing and the exploration above are what there is.

| Claim | Function | Bound | Command |
| --- | --- | --- | --- |
"""
COUNTED = """
## To the letter

What holds says nothing when less is asked.
Nobody can delete or change a line of a property, an assertion of a proof, or a fence, without a change of this table,
which a test compares; `tests/specs/test_honesty.py` tries it for each of them.

| File | Lines that check something | Digest |
| --- | --- | --- |
"""
TAIL = """
What this does not say: `Promises` and `Transactions` describe what the TypeScript front end assumes.
They are compared with programs of the engine, not with the Python code of the front end.

## The engine itself

| Claim | Checked | Bound | Command |
| --- | --- | --- | --- |
| Final states, deadlocks, failures and traces are those of a slow and obvious interpreter, in every mode and model. | \
property tests against `twin/reference.py` | random programs of 2 to 4 threads | \
`pytest tests/twin/engine/test_properties.py` |
| Published programs have the published numbers of traces, states and schedules. | tests | the programs and sizes in \
the test | `pytest tests/twin/engine/test_anchors.py` |
| Litmus tests have exactly the outcomes that each memory model allows. | tests | the litmus tests in the test | \
`pytest tests/twin/engine/test_litmus.py` |
| Errors planted in the engine are found by these tests. | mutants of the C sources | the mutants in the test | \
`pytest tests/twin/engine/test_mutants.py` |
"""


def claims(module: str) -> dict[str, str]:
    """What each property of a module says, from the comment above it."""
    text = (tlc.folder() / f"{module}.tla").read_text(encoding="utf-8").partition("(* Properties *)")[2]
    found = re.findall(r"((?:^\\\* .*\n)+)^(\w+) ==", text, re.M)
    return {name: " ".join(line.removeprefix("\\* ") for line in comment.splitlines()) for comment, name in found}


def rows(module: str, states: dict[str, int]) -> list[str]:
    """The lines of a module; `states` are the distinct states of each of its configurations."""
    said, configs, mutants = claims(module), tlc.configs(module), list(tlc.mutants(module))
    names = dict.fromkeys(name for c in configs.values() for name in (*c.invariants, *c.properties))
    lines = []
    for name in names:
        where = [title for title, c in configs.items() if name in (*c.invariants, *c.properties)]
        bound = ", ".join(f"{title.partition('-')[2] or 'plain'} {states[title]:,}" for title in where)
        killed = ", ".join(mutant.name.partition("-")[2] for mutant in mutants if mutant.breaks == name)
        claim = said.get(name, "Every variable has a value of its type.").replace("|", "\\|")
        result = f"holds; TLC rejects {killed}"
        lines.append(f"| {claim} | `{module}!{name}` | {bound} | {result} | `krepis spec check {module} --mutants` |")
    return lines


def conformance(names: Sequence[tuple[str, str, int]]) -> Iterator[str]:
    """A line for each module; of each of its systems, the name and the distinct states of the engine."""
    for module in dict.fromkeys(module for module, _, _ in names):
        bound = ", ".join(f"{name} {states:,}" for other, name, states in names if other == module)
        how = "steps and traces of source-DPOR" if module == "DPOR" else "states, outcomes and recorded schedules"
        claim, command = f"The engine has what `{module}` has, no more and no less.", f"pytest {TESTS} -k {module}"
        yield f"| {claim} | {how} | {bound} | `{command}` |"


def proved() -> Iterator[str]:
    """A line for each bounded proof, from its README."""
    for readme in sorted(ROOT.glob("*/proofs/*/README.md")):
        text = readme.read_text(encoding="utf-8")
        claim, bound = (re.findall(rf"\*\*{part}:\*\* (.*)", text)[0] for part in ("Proved", "Bounds"))
        name = readme.parent.name
        yield f"| {claim[0].upper()}{claim[1:]} | `{name}` | {bound} | `python tests/proofs/prove.py {name}` |"


def checking(file: Path, text: str) -> list[int]:
    """The lines of a file, from 0, that must not get fewer: of properties, assertions, fences."""
    first = text.partition("(* Properties *)")[0].count("\n") + 1 if file.suffix == ".tla" else 0
    wanted = {".tla": r"(?!\\\*|\(\*|===).*\S", ".cfg": r".*\S"}.get(file.suffix, r".*assert\(")
    wanted = r".*(?:kr__fence|KR__(?:ACQUIRE|RELEASE))" if file.name == "ring.c" else wanted
    return [number for number, line in enumerate(text.splitlines()) if number >= first and re.match(wanted, line)]


def count(file: Path, text: str) -> str:
    """The line of a file: how many of its lines check something, and a digest of them."""
    lines, numbers = text.splitlines(), checking(file, text)
    digest = hashlib.sha256("\n".join(lines[number].strip() for number in numbers).encode()).hexdigest()[:12]
    return f"| `{file.as_posix()}` | {len(numbers)} | `{digest}` |"


def checked_files() -> list[Path]:
    """Specifications, proofs, and the ring, from the root."""
    patterns = ("specs/*.tla", "specs/*.cfg", "*/proofs/*/*_harness.c", "kernel_c/src/ring.c")
    return [file.relative_to(ROOT) for pattern in patterns for file in sorted(ROOT.glob(pattern))]


def counted() -> Iterator[str]:
    """A line for each of them."""
    return (count(file, (ROOT / file).read_text(encoding="utf-8")) for file in checked_files())


def kernel() -> str:
    """What is said of the kernel, and how much is checked."""
    return KERNEL + PROOFS + "\n".join(proved()) + "\n" + COUNTED + "\n".join(counted()) + "\n"


def engine_states() -> list[tuple[str, str, int]]:
    """The systems that are compared, large ones too, and how many states the engine finds."""
    sys.path.insert(0, str(ROOT / "tests" / "specs"))
    from systems import LARGE, REDUCTIONS, SYSTEMS

    found = []
    for system in sorted([*SYSTEMS, *LARGE, *REDUCTIONS], key=lambda system: system.module):
        reduced = {"algorithm": "source"} if system.module == "DPOR" else {}
        result = explore(system.program, Options(model=system.model, **system.options, **reduced))
        states = 2 * result.steps + 1 if reduced else result.states
        found.append((system.module, system.name, states))
    return found


def main() -> int:
    """Check everything and write the page; 1 when something does not hold."""
    lines = []
    for module in tlc.modules():
        checks = {title: tlc.check(module, config) for title, config in tlc.configs(module).items()}
        mutants = {mutant.name: tlc.check_mutant(mutant).broken for mutant in tlc.mutants(module)}
        wrong = [title for title, checked in checks.items() if checked.broken]
        wrong += [name for name, broken in mutants.items() if broken is None]
        if wrong or tlc.never_taken(list(checks.values())):
            print(f"{module}: {', '.join(wrong) or 'an action never happens'}", file=sys.stderr)
            return 1
        lines += rows(module, {title: checked.states for title, checked in checks.items()})
        print(module, file=sys.stderr)
    PAGE.write_text(
        "\n".join([HEAD + "\n".join(lines), CONFORMANCE + "\n".join(conformance(engine_states())), TAIL + kernel()])
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
