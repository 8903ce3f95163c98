"""Bytes in and out: stdin and stdout, or one TCP connection.

Both are asyncio streams: nothing blocks the loop, a client that reads slowly costs memory and not time, and no
thread stands between a message and its handling. A header without a length, or a length that is out of all
proportion, cannot be recovered from, because nobody knows where the next message starts: the connection ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import select
import sys
from typing import Protocol as Interface

from krepis.server.lsp.protocol import Protocol

MAX_BODY_BYTES = 256 * 1024 * 1024
"""The longest message that is read."""
FLUSH_S = 2.0
"""Seconds that the last answers may take to get out."""

log = logging.getLogger(__name__)


class Writer(Interface):
    """Where answers go."""

    def write(self, data: bytes) -> None:
        """Sends bytes, sooner or later."""

    def close(self) -> None:
        """Sends what is left, and closes."""


async def exchange(reader: asyncio.StreamReader, writer: Writer, protocol: Protocol) -> None:
    """Handles messages until the client says `exit` or goes away."""
    protocol.set_writer(writer)
    try:
        while not protocol.ended:
            size = await _length(reader)
            if size is None:
                return
            protocol.receive(await reader.readexactly(size))
    except (asyncio.IncompleteReadError, ConnectionError):
        log.info("the client is gone")
    except ValueError as error:
        log.error("the connection cannot go on: %s", error)


async def _length(reader: asyncio.StreamReader) -> int | None:
    """The length of the next body; None when there is no next one. Raises ValueError for nonsense."""
    length = None
    while line := await reader.readline():
        name, _, value = line.decode("latin-1").partition(":")
        if name.strip().lower() == "content-length":
            length = int(value)
        elif not line.strip():
            break
    else:
        return None
    if length is None or not 0 <= length <= MAX_BODY_BYTES:
        raise ValueError(f"a message of {length} bytes")
    return length


class _Pipe(asyncio.Protocol):
    """stdout, written to without blocking."""

    def __init__(self) -> None:
        self.closed = asyncio.get_running_loop().create_future()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)


async def serve_stdio(protocol: Protocol) -> None:
    """Talks over stdin and stdout. Raises OSError when they are no pipes."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=1 << 20)
    with select.epoll() as waiting:  # asyncio would find out when it is too late
        waiting.register(sys.stdin.fileno())
    try:
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
        writer, pipe = await loop.connect_write_pipe(_Pipe, sys.stdout.buffer)
    except ValueError as error:
        raise OSError(str(error)) from error
    await exchange(reader, writer, protocol)
    writer.close()
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(pipe.closed, FLUSH_S)


async def serve_tcp(protocol: Protocol, host: str, port: int) -> None:
    """Serves the first client that connects, and says on stderr where. Raises OSError."""
    client: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = (
        asyncio.get_running_loop().create_future()
    )

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if client.done():
            writer.close()
        else:
            client.set_result((reader, writer))

    server = await asyncio.start_server(connected, host, port, limit=1 << 20)
    address = server.sockets[0].getsockname()
    print(f"krepis: listening on {address[0]}:{address[1]}", file=sys.stderr, flush=True)
    reader, writer = await client
    server.close()
    await exchange(reader, writer, protocol)
    writer.close()
    with contextlib.suppress(TimeoutError, OSError):
        await asyncio.wait_for(writer.wait_closed(), FLUSH_S)
