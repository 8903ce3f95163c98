"""The engine and the specifications are the same systems: equal numbers of states, equal ends, accepted traces."""

from __future__ import annotations

import os
from typing import Any

import pytest
from conformance import (
    System,
    accepted,
    check,
    engine_outcomes,
    events,
    printed,
    recorded,
    run_engine,
    run_tlc,
    tlc_outcomes,
)
from krepis.twin import tlc
from systems import ENDLESS, LARGE, RECORDED, REDUCTIONS, SYSTEMS, turns

SOAK = "KREPIS_SOAK" in os.environ


@pytest.mark.parametrize("system", [*SYSTEMS, *LARGE] if SOAK else SYSTEMS, ids=str)
def test_the_engine_has_the_states_and_the_ends_of_the_specification(system: System) -> None:
    result = run_engine(system)
    assert result.complete or set(result.bounds) <= set(system.options)
    states, ends = tlc_outcomes(system, **({"workers": 2, "java": tlc.LONG} if system in LARGE else {}))
    assert states > 1_000_000 or system not in LARGE
    assert result.states == states
    assert engine_outcomes(system, result) == ends


@pytest.mark.parametrize("system", RECORDED, ids=str)
def test_a_recorded_run_is_one_of_the_specification_and_a_corrupted_one_is_not(system: System) -> None:
    logs = []
    for seed in range(8):
        schedule, end = recorded(system, seed)
        logs.append((events(system, schedule), system.outcome(end)))
    good = len(logs)
    log, end = logs[0]
    logs += [([*log[:at], *log[at + 1 :]], end) for at in range(len(log))]
    logs += [([*log[:at], *log[at:], log[at]], end) for at in range(len(log))]
    logs.append((log, changed(end)))
    assert accepted(system, logs) == set(range(good))


def changed(value: Any) -> Any:
    """The value with its first part changed."""
    return (
        [changed(value[0]), *value[1:]] if isinstance(value, list) else value + 1 if isinstance(value, int) else "NEW"
    )


@pytest.mark.parametrize("system", ENDLESS, ids=str)
def test_who_starves_in_the_engine_does_so_in_the_specification(system: System) -> None:
    starved = run_engine(system, algorithm="schedules").starved
    fair = system.constants["Discipline"] == "ticket"
    assert len(starved) == (0 if fair else system.constants["Count"])
    assert (check(system, "", "Spec", properties=["NobodyStarves"]).broken is None) == fair


def test_a_run_of_the_engine_that_goes_round_is_one_of_the_policy() -> None:
    fair, random = turns("round", 3, 3, "ticket", "roundrobin"), turns("random", 3, 3, "ticket")
    result = run_engine(random, algorithm="round-robin")
    other, _ = recorded(random, 1)
    end = random.outcome(result.outcomes[0])
    assert accepted(fair, [(events(random, log), end) for log in (result.last_schedule, other)]) == {0}


@pytest.mark.parametrize("system", REDUCTIONS, ids=str)
def test_the_engine_reduces_as_the_specification_does(system: System) -> None:
    source, optimal = run_engine(system, algorithm="source"), run_engine(system, algorithm="optimal")
    body = 'Report == Finished => PrintT(<<"end", runs>>)'
    checked = run_tlc(system, body, "Spec")
    steps = sum(action.taken for action in checked.actions if action.name == "Descend")
    assert printed(checked, "end") == [source.traces] == [optimal.traces]
    assert (checked.states, steps) == (2 * source.steps + 1, source.steps)
