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
class NoMatch:
    """No route for this method; `allowed` names those that the path has, none when there is no such path."""

    allowed: frozenset[str] = field(default_factory=frozenset)
