"""A server with routes that the kernel answers by itself, on threads of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from krepis.kernel._binding import Core
from krepis.kernel._values import KernelError, Metrics, ServerOptions


class Server:
    """`workers` kernels that share their ports. Routes and addresses come first, then `start`; `stop` ends it.

    Used as a context manager it is started by entering and stopped, without grace, by leaving.
    """

    def __init__(self, options: ServerOptions | None = None, *, workers: int = 1) -> None:
        self._cores = [Core(options or ServerOptions()) for _ in range(workers)]
        self._threads: list[threading.Thread] = []

    def static(
        self,
        method: str,
        pattern: str,
        body: bytes,
        *,
        status: int = 200,
        fields: Sequence[tuple[str, str]] = (("Content-Type", "text/plain; charset=utf-8"),),
    ) -> None:
        """A route with one response for all."""
        self._before_start()
        for core in self._cores:
            core.static(method, pattern, status, fields, body)

    def files(self, pattern: str, directory: str | Path) -> None:
        """The files below a directory; the pattern ends in a wildcard, as in `/assets/*path`."""
        self._before_start()
        for core in self._cores:
            core.files(pattern, str(directory))

    def listen(self, address: str = "127.0.0.1", port: int = 0) -> int:
        """Listens on an IP address; returns the port, which the system chooses when it is 0."""
        self._before_start()
        for core in self._cores:
            port = core.listen(address, port)
        return port

    def listen_unix(self, path: str) -> None:
        """Listens on a Unix socket, which only one worker can."""
        self._before_start()
        self._cores[0].listen_unix(path)

    def start(self) -> None:
        self._before_start()
        self._threads = [threading.Thread(target=core.run, name="krepis-kernel", daemon=True) for core in self._cores]
        for thread in self._threads:
            thread.start()

    def stop(self, grace_ms: int = 0) -> None:
        """Takes no more connections, gives open requests `grace_ms`, and returns when all is closed."""
        for core in self._cores:
            core.stop(grace_ms)
        for thread in self._threads:
            thread.join()

    def metrics(self) -> Metrics:
        """The sums over all workers."""
        parts = [core.metrics() for core in self._cores]
        names = [name for name in Metrics.__slots__ if name != "responses"]
        sums = {name: sum(getattr(part, name) for part in parts) for name in names}
        one, two, three, four, five = (sum(column) for column in zip(*(p.responses for p in parts), strict=True))
        return Metrics(**sums, responses=(one, two, three, four, five))

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _before_start(self) -> None:
        if self._threads:
            raise KernelError("the server was started")
