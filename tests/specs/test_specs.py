"""Every specification holds as shipped, says something, and would notice when it did not hold."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import pytest
from krepis.twin import tlc

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))
verification = importlib.import_module("verification")
PAGE = set(verification.PAGE.read_text(encoding="utf-8").splitlines())
MUTANTS = [mutant for module in tlc.modules() for mutant in tlc.mutants(module)]


@pytest.mark.parametrize("module", tlc.modules())
def test_a_module_holds_as_shipped_and_every_action_happens(module: str) -> None:
    checks = [tlc.check(module, config) for config in tlc.configs(module).values()]
    for checked in checks:
        assert checked.broken is None, "\n".join(checked.behaviour)
        assert checked.states > 50, "so few states show little"
        assert checked.actions
    assert tlc.never_taken(checks) == ()
    states = dict(zip(tlc.configs(module), (checked.states for checked in checks), strict=True))
    assert set(verification.rows(module, states)) <= PAGE, "run: python docs/verification.py"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_mutant_is_rejected(mutant: tlc.Mutant) -> None:
    assert tlc.check_mutant(mutant).broken == mutant.breaks


@pytest.mark.parametrize("module", tlc.modules())
def test_every_property_has_a_mutant_that_breaks_it(module: str) -> None:
    configs = tlc.configs(module).values()
    checked = {name for config in configs for name in (*config.invariants, *config.properties)}
    assert checked == {mutant.breaks for mutant in tlc.mutants(module)}


@pytest.mark.parametrize("module", tlc.modules())
def test_every_property_is_checked_and_explained(module: str) -> None:
    text = (tlc.folder() / f"{module}.tla").read_text(encoding="utf-8")
    assert re.match(rf"-+ MODULE {module} -+\n\(\*", text), "begins with an explanation"
    properties = text.partition("(* Properties *)")[2].partition("\n(* Constants")[0]
    named = re.findall(r"^(?:\\\*.*\n)+(\w+) ==$|^(?:\\\*.*\n)+(\w+) ==", properties, re.M)
    explained = {first or second for first, second in named}
    configs = tlc.configs(module).values()
    checked = {name for config in configs for name in (*config.invariants, *config.properties)} - {"TypeOK"}
    assert checked <= explained


def test_what_is_said_of_the_engine_is_up_to_date() -> None:
    assert set(verification.conformance(verification.engine_states())) <= PAGE, "run: python docs/verification.py"


def test_a_configuration_that_hides_states_is_not_read() -> None:
    with pytest.raises(tlc.TlcError, match="belongs to no section"):
        tlc.parse("CONSTRAINT Small\nSPECIFICATION Spec\n", "a.cfg")


def test_a_property_that_is_not_defined_is_an_error() -> None:
    config = tlc.Config(constants=("Naps <- Ties",), invariants=("Missing",))
    with pytest.raises(tlc.TlcError, match="Missing"):
        tlc.check("VirtualClock", config)


def test_a_module_that_is_not_there_is_an_error() -> None:
    with pytest.raises(tlc.TlcError, match="no module 'Nope'"):
        tlc.configs("Nope")


def test_what_is_said_of_the_kernel_is_up_to_date() -> None:
    assert set(verification.kernel().splitlines()) <= PAGE, "run: python docs/verification.py"
