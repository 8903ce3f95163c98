"""What a simulation gives: plain values, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from krepis.twin.simulation.plan import Plan
from numpy.typing import NDArray

OUTCOMES: Final = ("answered", "failed", "limited", "refused", "late", "given-up", "reset", "open")
"""200; 500; 429; 503; 504; the client gave up; the connection was closed without an answer; not over at the end."""

Histogram = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests of one tenant for one route. Times in nanoseconds; `latencies` counts by the buckets of `Result`."""

    outcomes: Mapping[str, int]
    begun: int
    latency_sum: float
    latency_max: int
    waited_sum: float
    cpu: int
    latencies: Histogram

    @property
    def arrived(self) -> int:
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Window:
    """One tenant in one part of the time: counts, and the mean and the greatest numbers of requests."""

    arrived: int
    outcomes: Mapping[str, int]
    waiting: float
    running: float
    waiting_max: int
    running_max: int


@dataclass(frozen=True, slots=True)
class Load:
    """Operations of a dependency: how many ran and waited in the mean, how many there were and failed."""

    busy: float
    waiting: float
    waiting_max: int
    operations: int
    failures: int


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that was counted. `busy` is the share of time in which workers had something to do."""

    plan: Plan
    figures: Mapping[tuple[str, str], Figures]
    windows: Mapping[str, Sequence[Window]]
    window_latencies: Sequence[Histogram]
    loads: Mapping[str, Load]
    overlaps: Mapping[tuple[str, str], int]
    edges: NDArray[np.uint64]
    busy: float
    events: int
    ticks: int
    connections: int
    kernel_requests: int

    def of(self, tenant: str | None = None, route: str | None = None) -> Figures:
        """The sum over routes or tenants."""
        chosen = [
            figures
            for (a, b), figures in self.figures.items()
            if (tenant is None or a == tenant) and (route is None or b == route)
        ]
        return Figures(
            {name: sum(f.outcomes[name] for f in chosen) for name in OUTCOMES},
            sum(f.begun for f in chosen),
            sum(f.latency_sum for f in chosen),
            max(f.latency_max for f in chosen),
            sum(f.waited_sum for f in chosen),
            sum(f.cpu for f in chosen),
            np.sum([f.latencies for f in chosen], axis=0, dtype=np.uint64),
        )

    def percentile(self, latencies: Histogram, share: float) -> float | None:
        """The least time, in nanoseconds, that the share of requests does not exceed, to 1 %; None without any."""
        total = int(latencies.sum())
        if total == 0:
            return None
        rank = max(1, -(-total * round(share * 1_000_000) // 1_000_000))
        bucket = int(np.searchsorted(np.cumsum(latencies), rank))
        return float(self.edges[bucket])

    def fairness(self) -> float:
        """Jain's index (R. Jain et al., 1984) of what tenants were answered, as a part of their fair shares: 1 is best.

        Served is the CPU time of a tenant's requests, and the fair share the weighted max-min fair one: nobody gets
        more than all its requests needed, and what it leaves is shared by the others in proportion to their weights.
        """
        served, demand = {}, {}
        for tenant in self.plan.tenants:
            own, windows = self.of(tenant.name), self.windows[tenant.name]
            each = own.cpu / own.begun if own.begun else 0.0
            served[tenant.name] = each * sum(w.outcomes["answered"] for w in windows)
            demand[tenant.name] = each * sum(w.arrived for w in windows)
        fair = shares(sum(served.values()), demand, {t.name: t.weight for t in self.plan.tenants})
        parts = [served[name] / fair[name] for name in fair if fair[name] > 0]
        squares = sum(part * part for part in parts)
        return sum(parts) ** 2 / (len(parts) * squares) if squares else 1.0


def shares(capacity: float, demand: Mapping[str, float], weights: Mapping[str, int]) -> dict[str, float]:
    """The weighted max-min fair shares of a capacity."""
    given = dict.fromkeys(demand, 0.0)
    left = {name for name in demand if demand[name] > 0}
    while left and capacity > 0:
        unit = capacity / sum(weights[name] for name in left)
        full = {name for name in left if demand[name] <= unit * weights[name]}
        for name in full or left:
            given[name] = min(demand[name], unit * weights[name])
        capacity -= sum(given[name] for name in full)
        if not full:
            break
        left -= full
    return given
