"""A model in a process of our own, as a source: started on first use, and again when it has died.

Requests from any thread go to the one process, which batches them. A request that is cancelled is told to the
process at once. When the process dies (out of memory, a fault in the library), every request of it ends with one
message, and the next one starts a new process, unless it has died `MAX_DEATHS` times in `DEATHS_S` seconds.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from typing import Final

import msgspec
from krepis.server.agents.messages import (
    HEADER,
    Ask,
    Begin,
    Cancellation,
    Completion,
    Done,
    FromProcess,
    Load,
    OnText,
    Piece,
    Ready,
    Refused,
    SourceError,
    Stop,
    ToProcess,
    frame,
)

START_S: Final = 300.0
"""Seconds that loading a model may take."""
MAX_DEATHS: Final = 3
DEATHS_S: Final = 120.0
_COMMAND: Final = (sys.executable, "-P", "-m", "krepis.server.agents._worker")


class LocalModel:
    """The source of one model file."""

    def __init__(self, load: Load, name: str) -> None:
        self._load = load
        self._name = name
        self._lock = threading.Lock()
        self._process: _Process | None = None
        self._deaths: deque[float] = deque(maxlen=MAX_DEATHS)

    @property
    def label(self) -> str:
        return self._name

    @property
    def pid(self) -> int | None:
        """The process, if one runs."""
        return self._process.pid if self._process is not None and self._process.ended is None else None

    def complete(self, ask: Ask, on_text: OnText | None = None, cancellation: Cancellation | None = None) -> Completion:
        process = self._started()
        number, inbox = process.begin(ask)
        try:
            if cancellation is not None:
                cancellation.on_cancel(lambda: process.send(Stop(number)))
            while True:
                match inbox.get():
                    case Piece(_, text):
                        if on_text is not None and not on_text(text):
                            process.send(Stop(number))
                            on_text = None
                    case Done(_, completion):
                        return completion
                    case Refused(_, message):
                        raise SourceError(message)
                    case None:
                        self._deaths.append(time.monotonic())
                        raise SourceError(process.epitaph())
        finally:
            process.forget(number)

    def close(self) -> None:
        """End the process; the source can still be used, and starts another."""
        with self._lock:
            if self._process is not None:
                self._process.kill()
                self._process = None

    def _started(self) -> _Process:
        with self._lock:
            if self._process is None or self._process.ended is not None:
                if len(self._deaths) == MAX_DEATHS and time.monotonic() - self._deaths[0] < DEATHS_S:
                    raise SourceError(
                        f"the inference process of {self._name} has ended {MAX_DEATHS} times in a row; "
                        "choose a smaller model (`krepis model use`) or less `context` in [ai]"
                    )
                self._process = _Process(self._load)
            try:
                self._process.wait_ready()
            except SourceError:
                self._process.kill()
                self._process = None
                self._deaths.append(time.monotonic())
                raise
            return self._process


class _Process:
    """A running process, and the requests that wait for it."""

    def __init__(self, load: Load) -> None:
        pipe = subprocess.PIPE
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}  # threads that spin take the editor's time
        self._process = subprocess.Popen(
            _COMMAND, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment, start_new_session=True
        )
        self.pid = self._process.pid
        self.ended: int | None = None
        self._write_lock = threading.Lock()
        self._inboxes: dict[int, queue.SimpleQueue[FromProcess | None]] = {}
        self._started: queue.SimpleQueue[FromProcess | None] = queue.SimpleQueue()
        self._inboxes[0] = self._started
        self._ready = False
        self._number = 0
        self.send(load)
        threading.Thread(target=self._read, daemon=True).start()

    def wait_ready(self) -> None:
        """Until the model is loaded. Raises SourceError."""
        if self._ready:
            return
        try:
            answer = self._started.get(timeout=START_S)
        except queue.Empty:
            raise SourceError(f"the model was not loaded within {START_S:g} seconds") from None
        match answer:
            case Ready():
                self._ready = True
            case Refused(_, message):
                raise SourceError(message)
            case _:
                raise SourceError(self.epitaph())

    def begin(self, ask: Ask) -> tuple[int, queue.SimpleQueue[FromProcess | None]]:
        inbox: queue.SimpleQueue[FromProcess | None] = queue.SimpleQueue()
        with self._write_lock:
            self._number += 1
            number = self._number
            self._inboxes[number] = inbox
        self.send(Begin(number, ask))
        if self.ended is not None:
            inbox.put(None)
        return number, inbox

    def forget(self, number: int) -> None:
        self._inboxes.pop(number, None)

    def send(self, message: ToProcess) -> None:
        """Sends a message, unless nobody reads it any more."""
        assert self._process.stdin is not None, "opened as a pipe"
        with self._write_lock, contextlib.suppress(OSError, ValueError):
            self._process.stdin.write(frame(message))
            self._process.stdin.flush()

    def epitaph(self) -> str:
        """Why it ended, as far as can be told."""
        code = self._process.wait()
        why = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        hint = "; there may be too little memory" if code in (-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV) else ""
        return f"the inference process was ended {why}{hint}; the next request starts it again"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self) -> None:
        decoder = msgspec.msgpack.Decoder(FromProcess)
        stream = self._process.stdout
        assert stream is not None, "opened as a pipe"
        with contextlib.suppress(OSError, ValueError, msgspec.MsgspecError):
            while len(header := stream.read(HEADER)) == HEADER:
                message = decoder.decode(stream.read(int.from_bytes(header, "big")))
                number = 0 if isinstance(message, Ready) else message.number
                if inbox := self._inboxes.get(number):
                    inbox.put(message)
        self.ended = self._process.wait()
        for inbox in list(self._inboxes.values()):
            inbox.put(None)
