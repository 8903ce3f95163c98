"""Plain immutable values of the kernel's Python face."""

from __future__ import annotations

from dataclasses import dataclass, field


class KernelError(RuntimeError):
    """The kernel refused a call."""


class BadRequest(Exception):
    """The bytes are no request that a server may answer otherwise than with `status`."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send; lines count their CRLF."""

    line_bytes_max: int = 8192
    head_bytes_max: int = 16384
    fields_max: int = 100
    body_bytes_max: int = 1 << 20


@dataclass(frozen=True, slots=True)
class Head:
    """A request head. `length` is its size in bytes, with an empty line before it if there was one."""

    length: int
    method: bytes
    target: bytes
    path: bytes
    query: bytes
    minor: int
    flags: frozenset[str]
    content_length: int | None
    fields: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Request:
    """A complete request with its decoded body."""

    head: Head
    body: bytes


@dataclass(frozen=True, slots=True)
class Match:
    """A route found: what was registered, and the raw bytes of the parameters."""

    route: int
    params: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TenantLimits:
    """What a tenant may have; a rate of 0 is none, in requests per second."""

    weight: int = 1
    connections_max: int = 1000
    running_max: int = 100
    queued_max: int = 1000
    rate_per_second: int = 0
    burst: int = 0


@dataclass(frozen=True, slots=True)
class TenantMetrics:
    """What a tenant did: `limited` requests got a 429, `refused` requests and connections a 503."""

    offered: int
    limited: int
    refused: int
    ended: int
    cost_us: int
    connections: int
    running: int
    queued: int


@dataclass(frozen=True, slots=True)
class SocketEvent:
    """What came over a WebSocket: an opcode, the data (of a close: its reason), and the code of a close or an error."""

    opcode: int
    data: bytes
    code: int


@dataclass(frozen=True, slots=True)
class NoMatch:
    """No route for this method; `allowed` names those that the path has, none when there is no such path."""

    allowed: frozenset[str] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Every limit of a server; see `kr_options` in the header for what each is about."""

    limits: Limits = field(default_factory=Limits)
    connections_max: int = 10_000
    bodies_max: int = 64
    blocks_max: int = 4096
    pipeline_max: int = 32
    routes_max: int = 1024
    idle_ms: int = 60_000
    head_ms: int = 10_000
    body_ms: int = 30_000
    write_ms: int = 30_000
    handler_ms: int = 30_000
    linger_ms: int = 1000
    stream_bytes_max: int = 1 << 32


@dataclass(frozen=True, slots=True)
class Metrics:
    """Counted since the start; `responses` by the first digit of their status, from 1xx to 5xx."""

    connections_open: int
    accepted: int
    refused: int
    requests: int
    bad_requests: int
    timeouts: int
    bytes_in: int
    bytes_out: int
    dropped: int
    responses: tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Pending:
    """A request that waits for its answer; `key` names it."""

    key: tuple[int, int, int]
    route: int
    method: bytes
    path: bytes
    query: bytes
    fields: bytes
    body: bytes
    params: tuple[bytes, ...]
