"""The worker process: verifies what it is sent, one task at a time, and can be told to stop.

Run as `python -P -m krepis.server.lsp._worker`; `-P` because the current folder belongs to a workspace that may be
hostile. stdin carries pickled requests, stdout pickled answers; both ends are this program, nothing else writes
there, and whatever prints goes to stderr. A thread reads requests, so that a task sees at once that it is cancelled.
When stdin ends, the server has gone, and so does the whole process group, with the engine's own workers.
"""

from __future__ import annotations

import contextlib
import gc
import itertools
import os
import pickle
import queue
import signal
import threading
import time
import traceback
from importlib import import_module
from typing import BinaryIO

from krepis.server.lsp._engine import Cancelled, Context, Engine, Unusable, perform
from krepis.server.lsp._messages import Answer, Cancel, Done, Failed, Moved, Request, Stopped, Told, Warned, read, write
from krepis.twin.options import Progress
from krepis.twin.typescript.workers import YOUNG

SETTLED_EVERY = 100
"""Tasks after which the collector looks at everything."""
REPORT_EVERY_S = 0.05
"""Seconds between two reports of progress."""


class _Output:
    """Answers to the server; progress is thinned out."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._last = 0.0

    def send(self, answer: Answer) -> None:
        write(self._stream, answer)

    def progress(self, task: int, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= REPORT_EVERY_S or progress.done == progress.total:
            self._last = now
            self.send(Moved(task, progress))


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers requests until they end."""
    engine, output = Engine(), _Output(answers)
    waiting: queue.SimpleQueue[Request] = queue.SimpleQueue()
    cancelled: set[int] = set()

    def receive() -> None:
        with contextlib.suppress(EOFError, OSError, pickle.UnpicklingError):
            while True:
                message = read(requests)
                if isinstance(message, Cancel):
                    cancelled.add(message.task)
                else:
                    waiting.put(message)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=receive, daemon=True).start()
    gc.set_threshold(YOUNG, 20, 50)
    import_module("krepis.twin.typescript.session")  # while nothing is asked yet
    for number in itertools.count():
        request = waiting.get()
        output.send(_answer(engine, request, output, cancelled))
        cancelled.discard(request.task)
        if number == 0:
            import_module("krepis.twin.typescript.one_file")  # what the first edit needs
        if number % SETTLED_EVERY == 0:  # what is kept from task to task need not be looked through in each
            gc.unfreeze()
            gc.collect()
            gc.freeze()
        engine.rest(lambda: not waiting.empty())


def _answer(engine: Engine, request: Request, output: _Output, cancelled: set[int]) -> Answer:
    number = request.task
    context = Context(
        lambda progress: output.progress(number, progress),
        lambda news: output.send(Told(number, news)),
        lambda: number in cancelled,
        lambda message: output.send(Warned(number, message)),
    )
    try:
        return Done(number, perform(engine, request.what, context))
    except Cancelled:
        return Stopped(number)
    except Unusable as error:
        return Failed(number, str(error))
    except Exception as error:
        traceback.print_exc()
        return Failed(number, f"{type(error).__name__}: {error}")


def main() -> None:
    """Takes stdin and stdout for itself, and serves."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    serve(requests, answers)


if __name__ == "__main__":
    main()
