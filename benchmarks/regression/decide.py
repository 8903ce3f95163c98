"""How often `krepis.server.regression` is wrong on the noise of `noise.json`.

    .venv/bin/python benchmarks/regression/decide.py --comparisons 200

A comparison is a stretch of neighbouring pairs that equal programs gave, from a random place, with the two swapped or
not; for a true slowdown, one of them is multiplied. As in `krepis ci --benchmark`, the rounds so far say how many more
it takes. Nothing is smoothed or left out.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from pathlib import Path

from krepis.server.regression import PILOT, ROUNDS_MAX, compare, rounds_needed


def simulated(pairs: list[list[float]], factor: float, comparisons: int, seed: int) -> tuple[float, float]:
    """The share of comparisons that say "slower" when the new program takes `factor` times as long; mean rounds."""
    chance = random.Random(seed)
    slower = rounds = 0
    for _ in range(comparisons):
        start = chance.randrange(len(pairs) - ROUNDS_MAX + 1)
        swapped = chance.random() < 0.5
        window = [(b, a * factor) if swapped else (a, b * factor) for a, b in pairs[start : start + ROUNDS_MAX]]
        needed = PILOT
        while (wanted := rounds_needed(*zip(*window[:needed], strict=True))) > needed:
            needed = wanted
        slower += compare(*zip(*window[:needed], strict=True)).verdict == "slower"
        rounds += needed
    return slower / comparisons, rounds / comparisons


def apart(pairs: list[list[float]], factor: float, rounds: int, comparisons: int, seed: int) -> float:
    """The share of "slower", by 15 % or more, when old and new are of two times, each beside a program that stays.

    As `krepis benchmark --baseline` does it.
    """
    chance = random.Random(seed)
    slower = 0
    for _ in range(comparisons):
        old, new = (pairs[start : start + rounds] for start in chance.choices(range(len(pairs) - rounds + 1), k=2))
        before, now = [a / b for a, b in old], [a * factor / b for a, b in new]
        slower += compare(before, now, 0.15, paired=False).verdict == "slower"
    return slower / comparisons


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comparisons", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--noise", type=Path, default=Path(__file__).with_name("noise.json"))
    options = parser.parse_args()
    noise = json.loads(options.noise.read_text())
    pairs = noise["pairs"]
    logs = [math.log(new / old) for old, new in pairs]
    mean = sum(logs) / len(logs)
    spread = math.sqrt(sum((value - mean) ** 2 for value in logs) / (len(logs) - 1))
    print(
        f"{len(pairs)} pairs, {noise['machine']}: ratio {math.exp(mean):.4f}, standard deviation {100 * spread:.1f} %"
    )
    for factor in (1.0, 1.02, 1.05, 1.1, 1.2):
        shares = [simulated(pairs, factor, options.comparisons, seed) for seed in range(options.seeds)]
        listed = ", ".join(f"{100 * share:.1f}" for share, _ in shares)
        rounds = sum(count for _, count in shares) / len(shares)
        print(f"times {factor:.2f}: called slower in {listed} % of {options.comparisons} ({rounds:.0f} rounds each)")
    for count in (6, 20, 100, 300):
        for factor in (1.0, 1.1, 1.2, 1.3):
            each = [apart(pairs, factor, count, options.comparisons, seed) for seed in range(options.seeds)]
            listed = ", ".join(f"{100 * share:.1f}" for share in each)
            print(f"at two times, {count} rounds, times {factor:.2f}: called slower in {listed} %")


if __name__ == "__main__":
    main()
