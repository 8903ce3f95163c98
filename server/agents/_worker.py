"""The inference process: loads a model, and answers requests over its standard streams until they end.

Run as `python -P -m krepis.server.agents._worker`. Frames of MessagePack come in and go out (`messages`); what
libraries print goes to stderr. A thread reads, so that a request that is cancelled ends in the middle of a batch.
"""

from __future__ import annotations

import contextlib
import os
import queue
import resource
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import BinaryIO

import msgspec
from krepis.server.agents._llama import Llama
from krepis.server.agents.batching import Batcher
from krepis.server.agents.messages import (
    HEADER,
    MAX_FRAME_BYTES,
    Begin,
    FromProcess,
    Load,
    Ready,
    Refused,
    Stop,
    ToProcess,
    frame,
)


def main() -> None:
    """The life of the process."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    messages = _read(sys.stdin.buffer)
    load = next(messages, None)
    if not isinstance(load, Load):
        return
    with contextlib.suppress(OSError):
        os.nice(5)
    if load.memory_mb:
        resource.setrlimit(resource.RLIMIT_AS, (load.memory_mb << 20, load.memory_mb << 20))
    try:
        llama = Llama(load)
    except ImportError as error:
        _send(out, [Refused(0, f"the extra `ai` is not installed ({error}): pip install 'krepis[ai]'")])
        return
    except (RuntimeError, ValueError, MemoryError, OSError) as error:
        _send(out, [Refused(0, f"the model cannot be loaded: {error}")])
        return
    _send(out, [Ready(llama.context, llama.infill is not None)])
    batcher = Batcher(llama)
    inbox: queue.SimpleQueue[ToProcess | None] = queue.SimpleQueue()

    def receive() -> None:
        for message in messages:
            inbox.put(message)
            if isinstance(message, Stop) and message.number in batcher.running:
                llama.abort()
        inbox.put(None)
        llama.abort()

    threading.Thread(target=receive, daemon=True).start()
    with contextlib.suppress(BrokenPipeError):
        _serve(batcher, inbox, out)
    os._exit(0)  # the libraries need not clean up


def _serve(batcher: Batcher, inbox: queue.SimpleQueue[ToProcess | None], out: BinaryIO) -> None:
    while True:
        while batcher.idle or not inbox.empty():
            match inbox.get():
                case Begin(number, ask):
                    try:
                        _send(out, batcher.add(number, ask))
                    except (ValueError, RuntimeError) as error:
                        _send(out, [Refused(number, f"the request cannot be served: {error}")])
                case Stop(number):
                    _send(out, batcher.cancel(number))
                case None:
                    return
        _send(out, batcher.step())


def _read(stream: BinaryIO) -> Iterator[ToProcess]:
    decoder = msgspec.msgpack.Decoder(ToProcess)
    while len(header := stream.read(HEADER)) == HEADER:
        size = int.from_bytes(header, "big")
        if size > MAX_FRAME_BYTES:
            return
        yield decoder.decode(stream.read(size))


def _send(out: BinaryIO, messages: Iterable[FromProcess]) -> None:
    for message in messages:
        out.write(frame(message))
    out.flush()


if __name__ == "__main__":
    main()
