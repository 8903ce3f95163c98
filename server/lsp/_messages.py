"""What the server and its worker say to each other: pickled dataclasses, each after its length.

Both ends are this program on this machine, connected by pipes that nobody else holds.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any, BinaryIO

from krepis.server.lsp._engine import Job, News
from krepis.twin.options import Progress

HEADER = 8
"""Bytes of a length."""


class WorkerDied(Exception):
    """The worker ended before it answered."""


class TaskFailed(Exception):
    """The task cannot be done; the message is for the user."""


@dataclass(frozen=True, slots=True)
class Request:
    """Do `what`, under the number `task`."""

    task: int
    what: Job


@dataclass(frozen=True, slots=True)
class Cancel:
    """Give up a task."""

    task: int


@dataclass(frozen=True, slots=True)
class Moved:
    """A task got on."""

    task: int
    progress: Progress


@dataclass(frozen=True, slots=True)
class Told:
    """A task has found something."""

    task: int
    news: News


@dataclass(frozen=True, slots=True)
class Warned:
    """A task has something to say to the user."""

    task: int
    message: str


@dataclass(frozen=True, slots=True)
class Done:
    """A task has its result."""

    task: int
    result: Any


@dataclass(frozen=True, slots=True)
class Stopped:
    """A task was given up."""

    task: int


@dataclass(frozen=True, slots=True)
class Failed:
    """A task cannot be done, and why."""

    task: int
    message: str


Answer = Moved | Told | Warned | Done | Stopped | Failed


def packed(message: Request | Cancel | Answer) -> bytes:
    """A message with its length."""
    body = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return len(body).to_bytes(HEADER, "big") + body


def write(stream: BinaryIO, message: Request | Cancel | Answer) -> None:
    """Sends a message."""
    stream.write(packed(message))
    stream.flush()


def read(stream: BinaryIO) -> Any:
    """The next message. Raises EOFError when there is none."""
    header = stream.read(HEADER)
    size = int.from_bytes(header, "big")
    body = stream.read(size)
    if len(header) < HEADER or len(body) < size:
        raise EOFError
    return pickle.loads(body)
