"""Litmus tests with known allowed outcomes under each memory model, in every mode."""

from __future__ import annotations

import pytest
from krepis.twin import reference
from krepis.twin.explore import Algorithm, Options

from .answers import by_engine, run
from .programs import LITMUS, Litmus, Model

MODELS: tuple[Model, ...] = ("sc", "tso", "pso", "ra")

every_litmus = pytest.mark.parametrize("litmus", LITMUS, ids=str)
every_model = pytest.mark.parametrize("model", MODELS)


def counts(litmus: Litmus, model: Model) -> tuple[int, int, int] | None:
    """Known numbers of outcomes, schedules and states."""
    return {"sc": litmus.sc, "tso": litmus.tso}.get(model)


@every_model
@every_litmus
def test_reference(litmus: Litmus, model: Model) -> None:
    everything = reference.explore(litmus.build(), model)
    assert any(litmus.tested(*found) for found in everything.complete) == (model in litmus.allowed)
    known = counts(litmus, model)
    assert known in (None, (len(everything.complete), everything.schedules, everything.states))


@pytest.mark.parametrize("algorithm", ["stateful", "schedules", "exhaustive", "optimal", "source"])
@every_model
@every_litmus
def test_engine(litmus: Litmus, model: Model, algorithm: Algorithm) -> None:
    program = litmus.build()
    result = run(program, Options(model=model, algorithm=algorithm))
    found = by_engine(result).complete
    assert found == reference.explore(program, model).complete
    assert any(litmus.tested(*outcome) for outcome in found) == (model in litmus.allowed)
    known = counts(litmus, model)
    if known is not None:
        outcomes, schedules, states = known
        assert len(result.outcomes) == outcomes
        if algorithm in ("stateful", "schedules"):
            assert result.states == states
        if algorithm == "schedules":
            assert result.schedules == schedules
        if algorithm == "exhaustive":
            assert result.traces == schedules
    if algorithm == "optimal" and model != "ra":  # reads under ra have alternatives
        assert result.blocked == 0


@pytest.mark.parametrize("model", ["sc", "tso", "pso"])
@every_litmus
def test_optimal_explores_each_execution_graph_once(litmus: Litmus, model: Model) -> None:
    program = litmus.build()
    result = run(program, Options(model=model, algorithm="optimal"))
    assert (result.traces, result.blocked) == (reference.traces(program, model).complete, 0)
