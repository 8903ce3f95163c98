"""Worker processes that keep what they have made: a piece of work goes to the process that knows its file.

Strategy: processes are forked from one that holds the program, each with a pipe; a free one gets the next piece
that it was the last to handle, else the next that nobody has, else any. A process that dies takes one piece of
work with it, which is reported as failed, and is replaced.
"""

from __future__ import annotations

import contextlib
import gc
import multiprocessing
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from multiprocessing.connection import Connection, wait
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")

RECURSION = 6_000
"""Python frames that simulated calls may use."""
POLL_S = 0.05
"""Seconds between two looks at whether the work is wanted still."""
YOUNG = 100_000
"""New objects after which the collector looks for cycles among them."""
_context = multiprocessing.get_context("fork")


class Workers(Generic[Result]):
    """At most `count` processes that compute `work(key, phase)`; `close` ends them."""

    def __init__(self, count: int, work: Callable[[int, Any], Result]) -> None:
        self._count = count
        self._work = work
        self._processes: dict[Connection, Any] = {}
        self._knows: dict[int, Connection] = {}
        self._busy: dict[Connection, int] = {}

    @property
    def busy(self) -> list[int]:
        """What is being worked on."""
        return list(self._busy.values())

    def run(
        self, asked: Mapping[int, Any], lost: Callable[[int], Result], cancelled: Callable[[], bool]
    ) -> Iterator[tuple[int, Result]]:
        """The results as they come; `lost` makes one for a process that died. Stops early when cancelled."""
        todo = dict.fromkeys(asked)
        known: dict[Connection | None, deque[int]] = {}
        for key in todo:
            known.setdefault(self._knows.get(key), deque()).append(key)
        busy = self._busy
        while todo or busy:
            while todo and len(self._processes) < min(self._count, len(todo) + len(busy)):
                self._start()
            for pipe in self._processes:
                if todo and pipe not in busy:
                    key = _next(todo, known.get(pipe), known.get(None))
                    del todo[key]
                    busy[pipe] = key
                    self._knows[key] = pipe
                    with contextlib.suppress(BrokenPipeError):
                        pipe.send((key, asked[key]))
            for ready in wait(list(busy), POLL_S):
                pipe = ready  # type: ignore[assignment]
                key = busy.pop(pipe)
                try:
                    result = pipe.recv()
                except (EOFError, OSError):
                    self._end(pipe)
                    result = lost(key)
                yield key, result
            if cancelled():
                self.close()
                return

    def _start(self) -> None:
        ours, theirs = _context.Pipe()
        process = _context.Process(target=_serve, args=(theirs, [ours, *self._processes], self._work), daemon=True)
        process.start()
        theirs.close()
        self._processes[ours] = process

    def _end(self, pipe: Connection) -> None:
        process = self._processes.pop(pipe)
        pipe.close()
        process.terminate()
        process.join()

    def close(self) -> None:
        """Ends the processes, whatever they do."""
        for pipe in list(self._processes):
            self._end(pipe)
        self._knows.clear()
        self._busy.clear()


def _next(todo: dict[int, None], *preferred: deque[int] | None) -> int:
    """The first piece of work that is left: of the lists that are preferred, else of all."""
    for keys in preferred:
        while keys:
            key = keys.popleft()
            if key in todo:
                return key
    return next(iter(todo))


def _serve(pipe: Connection, others: list[Connection], work: Callable[[int, Any], Any]) -> None:
    """The life of a process: it ends with the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sys.setrecursionlimit(RECURSION)
    for other in others:  # else nobody notices when the parent is gone
        other.close()
    gc.freeze()  # what exists lives on
    with rare_collections(), contextlib.suppress(EOFError, OSError):
        while True:
            key, phase = pipe.recv()
            pipe.send(work(key, phase))


@contextlib.contextmanager
def rare_collections() -> Iterator[None]:
    """Executions leave many short-lived cycles, which are cheaper to collect in bulk."""
    before = gc.get_threshold()
    gc.set_threshold(YOUNG, 20, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
