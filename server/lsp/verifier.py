"""The worker process as the event loop sees it: one task at a time, cancelled at once, restarted when it dies.

`Verifier.run` is a coroutine: cancel it, and the worker is told to stop; when the worker has not stopped within
`GRACE_S` seconds it is killed, because the next task must not wait for the last. A worker that dies by itself
takes its task along (`WorkerDied`); the next task starts a new one. Nothing here blocks the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import signal
import subprocess
from collections.abc import Callable
from typing import Any

from krepis.server.lsp import _process
from krepis.server.lsp._engine import Job, News
from krepis.server.lsp._messages import (
    HEADER,
    Answer,
    Cancel,
    Done,
    Failed,
    Moved,
    Request,
    Stopped,
    TaskFailed,
    Told,
    Warned,
    WorkerDied,
    packed,
)
from krepis.server.lsp.transport import Writer
from krepis.twin.options import Progress

GRACE_S = 1.0
"""Seconds that a cancelled task may take to stop."""

log = logging.getLogger(__name__)


class _Process:
    """A running worker and what it has answered; None in the inbox when it has ended."""

    def __init__(self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: Writer) -> None:
        self.pid = process.pid
        self.inbox: asyncio.Queue[Answer | None] = asyncio.Queue()
        self.ended = False
        self._process = process
        self._writer = writer
        self._reader = asyncio.ensure_future(self._read(reader))

    @classmethod
    async def of(cls, process: subprocess.Popen[bytes]) -> _Process:
        """Talks to a worker.

        asyncio's own subprocesses are not used: one that is cancelled while it starts waits for ever (Python 3.11).
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        try:
            await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), process.stdout)
            writer, _protocol = await loop.connect_write_pipe(asyncio.Protocol, process.stdin)
        except BaseException:
            process.kill()
            process.wait()
            raise
        return cls(process, reader, writer)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        try:
            while True:
                size = int.from_bytes(await reader.readexactly(HEADER), "big")
                self.inbox.put_nowait(pickle.loads(await reader.readexactly(size)))
        except (asyncio.IncompleteReadError, OSError):
            pass
        finally:
            self.kill()
            self.inbox.put_nowait(None)
            self._process.wait()

    def send(self, message: Request | Cancel) -> None:
        """Sends a message, unless nobody reads it any more."""
        with contextlib.suppress(OSError, RuntimeError):
            self._writer.write(packed(message))

    def kill(self) -> None:
        """Ends the process and whatever it started."""
        self.ended = True
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


class Verifier:
    """One worker process, started on first use, unless one that was started earlier is at hand."""

    def __init__(self, warn: Callable[[str], None], spare: subprocess.Popen[bytes] | None = None) -> None:
        self._warn = warn
        self._spare = spare
        self._process: _Process | None = None
        self._turn = asyncio.Lock()
        self._number = 0

    @property
    def pid(self) -> int | None:
        """The process, if one runs."""
        return self._process.pid if self._process is not None and not self._process.ended else None

    async def run(
        self, job: Job, progress: Callable[[Progress], None] | None = None, news: Callable[[News], None] | None = None
    ) -> Any:
        """The worker's result for a job. Raises WorkerDied or TaskFailed."""
        async with self._turn:
            process = await self._started()
            self._number += 1
            number = self._number
            process.send(Request(number, job))
            try:
                return await self._result(process, number, progress, news)
            except asyncio.CancelledError:
                await asyncio.shield(self._stop(process, number))
                raise

    async def _started(self) -> _Process:
        if self._process is None or self._process.ended:
            spare, self._spare = self._spare, None
            self._process = await _Process.of(spare or _process.start())
        return self._process

    async def _result(
        self,
        process: _Process,
        number: int,
        progress: Callable[[Progress], None] | None = None,
        news: Callable[[News], None] | None = None,
    ) -> Any:
        while (answer := await process.inbox.get()) is not None:
            if answer.task != number:
                continue
            match answer:
                case Moved():
                    if progress is not None:
                        progress(answer.progress)
                case Told():
                    if news is not None:
                        news(answer.news)
                case Warned():
                    self._warn(answer.message)
                case Done():
                    return answer.result
                case Stopped():
                    return None
                case Failed():
                    raise TaskFailed(answer.message)
        raise WorkerDied("the verifier ended unexpectedly")

    async def _stop(self, process: _Process, number: int) -> None:
        """Tells the worker to give up a task, and sees to it."""
        process.send(Cancel(number))
        try:
            await asyncio.wait_for(self._result(process, number), GRACE_S)
        except (TaskFailed, WorkerDied):
            pass
        except TimeoutError:
            process.kill()

    def kill(self) -> None:
        """Ends the worker."""
        if self._spare is not None:
            self._spare.kill()
            self._spare.wait()
            self._spare = None
        if self._process is not None:
            self._process.kill()
