"""`run.py --check`: the counts that are too large for the test suite, each compared with what is known.

Every line shows what was found, what was expected, the time, and, for stateful searches, states per second
and the bytes that the engine allocated for each state. Deliberately absent: judging times; only counts can
fail here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from krepis.twin.explore import Options, explore
from krepis_programs import counter, lastzero
from models import ANCHORS, Model, states_of_l


@dataclass(frozen=True, slots=True)
class Check:
    """A search with the numbers that it must give, by name of the field of the result."""

    name: str
    run: Callable[[], dict[str, float]]
    expected: dict[str, int]


def _stateful(model: Model, workers: int) -> Callable[[], dict[str, float]]:
    def run() -> dict[str, float]:
        result = explore(counter(model), Options(algorithm="stateful", workers=workers))
        return {
            "complete": result.complete,
            "states": result.states,
            "transitions": result.transitions,
            "seconds": result.seconds,
            "bytes/state": result.memory_bytes / result.states,
        }

    return run


def _traces(n: int) -> dict[str, float]:
    result = explore(lastzero(n), Options(algorithm="optimal"))
    return {
        "complete": result.complete,
        "traces": result.traces,
        "deadlocked": result.deadlocked_traces,
        "blocked": result.blocked,
        "seconds": result.seconds,
    }


def checks() -> Iterator[Check]:
    """All checks, the quick ones first."""
    for model, (states, transitions) in ANCHORS.items():
        for workers in (1, 2):
            expected = {"complete": 1, "states": states, "transitions": transitions}
            yield Check(f"{model.name}, threads: {workers}", _stateful(model, workers), expected)
    for n, traces in ((10, 3_328), (15, 147_456)):
        expected = {"complete": 1, "traces": traces, "deadlocked": 0, "blocked": 0}
        yield Check(f"optimal DPOR on lastzero({n})", lambda n=n: _traces(n), expected)  # type: ignore[misc]
    big = Model("L", 5, 15)
    for workers in (1, 2):
        expected = {"complete": 1, "states": states_of_l(big.n, big.k)}
        yield Check(f"{big.name}, threads: {workers}", _stateful(big, workers), expected)


def check() -> int:
    """Run all checks and print a line for each. Returns 0, or 1 when a number is wrong."""
    failed = 0
    for item in checks():
        found = item.run()
        wrong = {name: value for name, value in item.expected.items() if found[name] != value}
        failed += bool(wrong)
        numbers = ", ".join(
            f"{value:,.2f} {name}" if isinstance(value, float) else f"{int(value):,} {name}"
            for name, value in found.items()
            if name != "complete"
        )
        speed = f", {found['states'] / found['seconds'] / 1e6:.2f} million states/s" if "states" in found else ""
        verdict = f"WRONG, expected {wrong}" if wrong else "right"
        print(f"{item.name}: {numbers}{speed}: {verdict}", flush=True)
    return 1 if failed else 0
