"""What is simulated: a deployment and its traffic, as plain values.

Times are nanoseconds. Names refer to each other: a route awaits dependencies by name, a stream asks for routes by
`"METHOD /pattern"`. What the parts mean in detail is said in `simulation.h`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Law:
    """A distribution of times: `a`; uniform from a to b; exponential of mean a; lognormal of median a and sigma b."""

    kind: Literal["constant", "uniform", "exponential", "lognormal"]
    a: float
    b: float = 0.0


@dataclass(frozen=True, slots=True)
class Outage:
    """From `start` to `end`, the share `failures` of operations fails, and they take `slower` times as long."""

    start: int
    end: int
    failures: float = 0.0
    slower: float = 1.0


@dataclass(frozen=True, slots=True)
class Dependency:
    """What handlers wait for. Of its operations `at_once` run, others wait; no `timeout` (0): none is too late."""

    name: str
    latency: Law
    at_once: int = 1_000_000
    failures: float = 0.0
    timeout: int = 0
    retries: int = 0
    outages: tuple[Outage, ...] = ()


@dataclass(frozen=True, slots=True)
class Keys:
    """What requests are about: `count` things, of which number i is chosen in proportion to (i + 1) ** -skew."""

    name: str
    count: int
    skew: float = 0.0


@dataclass(frozen=True, slots=True)
class Route:
    """A handler: `cpu` in equal parts before, between and after what it awaits; each of `awaits` is done at once."""

    method: str
    pattern: str
    cpu: Law
    awaits: tuple[tuple[str, ...], ...] = ()
    request_bytes: int = 0
    response_bytes: int = 200
    keys: str | None = None

    @property
    def name(self) -> str:
        """As streams and reports call it."""
        return f"{self.method} {self.pattern}"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose requests come, and its limits as `krepis run --tenants` has them. None: no limit."""

    name: str
    weight: int = 1
    running: int = 100
    queued: int = 1000
    rate: int | None = None
    burst: int | None = None
    connections: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """From `start` to `end` the rate goes in a line from `first` to `last` requests per second."""

    start: int
    end: int
    first: float
    last: float


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests of one tenant's clients of one kind; `mix` says how often each route is asked for."""

    tenant: str
    mix: tuple[tuple[str, float], ...]
    pieces: tuple[Piece, ...]
    constant: bool = False
    connections: int = 64
    pipeline: int = 1
    closes: bool = False
    latency: int = 0
    timeout: int = 30 * SECOND
    bytes_per_second: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """All of it. `request_cost` is the CPU time of the kernel and the SDK for one request; `running` of all tenants."""

    duration: int
    routes: tuple[Route, ...]
    streams: tuple[Stream, ...]
    tenants: tuple[Tenant, ...]
    dependencies: tuple[Dependency, ...] = ()
    keys: tuple[Keys, ...] = ()
    seed: int = 1
    workers: int = 1
    connections: int = 10_000
    running: int = 256
    handler_ms: int = 30_000
    idle_ms: int = 60_000
    request_cost: int = 6 * MICROSECOND
    windows: int = 120
