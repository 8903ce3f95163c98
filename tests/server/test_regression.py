"""Whether something became slower: known answers, properties, and how often it is wrong on recorded noise."""

from __future__ import annotations

import importlib.util
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.server.regression import PILOT, ROUNDS_MAX, compare, rounds_needed

FOLDER = Path(__file__).parents[2] / "benchmarks" / "regression"
times = st.floats(min_value=0.1, max_value=1e4)
pairs = st.lists(st.tuples(times, times), min_size=1, max_size=40)


def test_what_is_the_same_each_time_is_known_exactly() -> None:
    found = compare([10.0] * 8, [11.0] * 8)
    assert math.isclose(found.ratio, 1.1) and math.isclose(found.low, found.high) and found.verdict == "slower"
    assert compare([11.0] * 8, [10.0] * 8).verdict == "faster"
    assert compare([10.0] * 8, [10.4] * 8).verdict == "same"  # within the threshold
    assert compare([10.0] * 8, [10.4] * 8, threshold=0.03).verdict == "slower"
    assert compare([10.0] * 5, [20.0] * 5).verdict == "same"  # too few to say
    assert rounds_needed([10.0] * 20, [10.0] * 20) == PILOT


def test_one_run_that_lies_far_out_decides_nothing() -> None:
    old = [10.0, 10.1, 9.9, 10.05, 9.95] * 4
    assert compare(old, [*old[1:], 500.0]).verdict == "same"


def test_without_pairs_the_spread_of_both_counts() -> None:
    assert compare([10.0] * 8, [11.0] * 20, paired=False).verdict == "slower"
    ups, downs = [10.0, 20.0] * 4, [20.0, 40.0] * 4
    assert compare(ups, downs).verdict == "slower"  # each is twice its partner
    assert compare([10.0, 40.0] * 3, [12.0, 48.0] * 3, paired=False).verdict == "same"
    assert compare(ups, downs, paired=False).low < compare(ups, downs).low


@given(pairs, st.floats(min_value=0.01, max_value=100))
def test_only_ratios_count(measured: list[tuple[float, float]], scale: float) -> None:
    old, new = zip(*measured, strict=True)
    one, other = compare(old, new), compare([scale * value for value in old], [scale * value for value in new])
    assert math.isclose(one.ratio, other.ratio, rel_tol=1e-6) and math.isclose(one.low, other.low, rel_tol=1e-6)
    assert one.low <= one.ratio * (1 + 1e-9) and one.ratio <= one.high * (1 + 1e-9)
    turned = compare(new, old)
    assert math.isclose(turned.ratio, 1 / one.ratio, rel_tol=1e-6)
    assert {one.verdict, turned.verdict} != {"slower"} and PILOT <= rounds_needed(old, new) <= ROUNDS_MAX


@pytest.mark.parametrize(("old", "new"), [([], [1.0]), ([0.0], [1.0]), ([1.0], [math.nan]), ([-1.0], [1.0])])
def test_what_is_no_measurement_is_refused(old: list[float], new: list[float]) -> None:
    with pytest.raises(ValueError, match="measurement"):
        compare(old, new)


def test_false_alarms_are_rare_and_ten_percent_are_found_on_recorded_noise() -> None:
    spec = importlib.util.spec_from_file_location("decide", FOLDER / "decide.py")
    assert spec and spec.loader
    decide = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(decide)
    noise = json.loads((FOLDER / "noise.json").read_text())["pairs"]
    assert decide.simulated(noise, 1.0, 200, 0)[0] <= 0.02
    assert decide.simulated(noise, 1.1, 200, 0)[0] >= 0.9
    assert decide.apart(noise, 1.0, 20, 200, 0) <= 0.02
    assert decide.apart(noise, 1.2, 300, 100, 0) >= 0.9
