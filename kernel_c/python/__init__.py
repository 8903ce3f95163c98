"""The HTTP kernel from Python: its parts, step by step, for tests and for the Twin."""

from krepis.kernel._binding import (
    Body,
    Connection,
    Router,
    Wheel,
    chunk,
    date,
    parse_fields,
    parse_head,
    response_head,
    span,
    span_portable,
)
from krepis.kernel._values import BadRequest, Head, KernelError, Limits, Match, NoMatch, Request

__all__ = [
    "BadRequest",
    "Body",
    "Connection",
    "Head",
    "KernelError",
    "Limits",
    "Match",
    "NoMatch",
    "Request",
    "Router",
    "Wheel",
    "chunk",
    "date",
    "parse_fields",
    "parse_head",
    "response_head",
    "span",
    "span_portable",
]
