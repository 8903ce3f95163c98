"""Whether something became slower, from measurements that are noisy.

Strategy: two programs are measured in turn, so that what the machine does meanwhile meets both. A round gives one
ratio, and their geometric mean is what is judged; a bootstrap over rounds says how sure it is. *Slower* is said when
the mean is above the threshold and even the lower end of the interval is above `MARGIN`, so that noise alone has to be
unlikely. How many rounds that takes depends on the machine: a pilot measures the noise, and `rounds_needed` answers
(Stein's two stages), which looks at the spread only and so favours neither verdict.
Measurements of two times (a baseline) have no pairs: the means of both are drawn. What the machine did at each time has
to be taken out before, by what a program that did not change took in the same rounds.

Rounds are drawn one by one: pairing removes what lasts longer than a round (in `benchmarks/regression`, neighbours'
times correlate by 0.5 and their ratios by 0.05 at most). Ratios that lie far out are limited first.

Sources: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13; Stein, "A Two-Sample Test for a
Linear Hypothesis Whose Power is Independent of the Variance" (1945); Kalibera and Jones, "Rigorous Benchmarking in
Reasonable Time" (2013) for ratios with intervals.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

Verdict = Literal["slower", "faster", "same"]
_Logs = np.ndarray[Any, np.dtype[np.float64]]
THRESHOLD: Final = 0.05
"""A smaller change is not spoken of."""
MARGIN: Final = 0.02
"""What the interval has to be away from 1."""
CONFIDENCE: Final = 0.98
"""Of the interval, both sides together: noise alone is called slower in less than one of a hundred comparisons."""
ROUNDS_MIN: Final = 6
"""Fewer give no verdict: an interval of so few says nothing."""
PILOT: Final = 20
"""Rounds from which the noise is known well enough."""
ROUNDS_MAX: Final = 600
_GOAL: Final = math.log(1.10) - math.log(1 + MARGIN)
_SURENESS: Final = 2.33 + 2.33  # of no false alarm (1 %), and of finding what is 10 % slower (99 %)
_RESAMPLES: Final = 2000
_LIMIT: Final = 3.0  # of outliers, in standard deviations by the median


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the measurements say: `ratio` is new over old, above 1 when it became slower; `low` to `high` its interval.

    `sees` is the least slowdown that so many rounds of such noise would show in 99 of 100 comparisons.
    """

    ratio: float
    low: float
    high: float
    rounds: int
    sees: float
    verdict: Verdict


def compare(
    old: Sequence[float], new: Sequence[float], threshold: float = THRESHOLD, *, paired: bool = True
) -> Comparison:
    """Compares measurements, positive numbers, that were taken in turn, or, not `paired`, one after the other.

    What the longer one has more of pairs is left out.

    Equal measurements give equal answers. Raises ValueError when there is nothing to compare.
    """
    samples = [_ratios(old, new)] if paired else [-_limited(_logs(old)), _limited(_logs(new))]
    rounds = min(map(len, samples))
    chance = np.random.default_rng(1)  # the same draws each time
    means = np.zeros(_RESAMPLES)
    for logs in samples:
        means += logs[chance.integers(0, len(logs), size=(_RESAMPLES, len(logs)))].mean(axis=1)
    tail = (1 - CONFIDENCE) / 2
    low, high = (float(np.exp(value)) for value in np.quantile(means, (tail, 1 - tail)))
    ratio = math.exp(sum(float(logs.mean()) for logs in samples))
    verdict: Verdict = "same"
    if rounds >= ROUNDS_MIN and ratio > 1 + threshold and low > 1 + MARGIN:
        verdict = "slower"
    elif rounds >= ROUNDS_MIN and ratio < 1 / (1 + threshold) and high < 1 / (1 + MARGIN):
        verdict = "faster"
    error = math.sqrt(sum(float(logs.var(ddof=1)) / len(logs) for logs in samples)) if rounds > 1 else math.inf
    sees = max(threshold, math.expm1(min(_SURENESS * error + math.log(1 + MARGIN), 50.0)))
    return Comparison(ratio, low, high, rounds, sees, verdict)


def rounds_needed(old: Sequence[float], new: Sequence[float]) -> int:
    """Rounds in all after which a slowdown of 10 % is found, by the noise of these; at most ROUNDS_MAX."""
    logs = _ratios(old, new)
    spread = float(logs.std(ddof=1)) if len(logs) > 1 else math.inf
    return min(ROUNDS_MAX, max(PILOT, math.ceil(min((_SURENESS * spread / _GOAL) ** 2, ROUNDS_MAX))))


def _ratios(old: Sequence[float], new: Sequence[float]) -> _Logs:
    rounds = min(len(old), len(new))
    return _limited(_logs(new[:rounds]) - _logs(old[:rounds]))


def _logs(values: Sequence[float]) -> _Logs:
    numbers = np.asarray(values, dtype=np.float64)
    if len(numbers) == 0 or not np.all(np.isfinite(numbers)):
        raise ValueError("there are no measurements to compare")
    if not np.all(numbers > 0):
        raise ValueError("a measurement has to be above 0")
    return np.log(numbers)


def _limited(logs: _Logs) -> _Logs:
    """Limited to three deviations about the median (1.4826: as of a normal distribution)."""
    middle = np.median(logs)
    spread = 1.4826 * float(np.median(np.abs(logs - middle)))
    return np.clip(logs, middle - _LIMIT * spread, middle + _LIMIT * spread) if spread > 0 else logs
