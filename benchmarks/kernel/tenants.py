"""What tenants that flood, loop and leak cost the others, each in an isolate of its own.

    python benchmarks/kernel/tenants.py [--seconds 10] [--rounds 3]

A client asks at a steady rate as one tenant, and its latencies are those of arrivals: a late answer does not delay the
next request. Then the same while one tenant of the eight floods at ten times that rate, one is asked for an endless
loop again and again, and one leaks; and while one floods with all that a connection takes. The server has one core,
the clients another one, where the one that measures goes before the others. Rounds are interleaved, and medians shown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import socket
import statistics
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

from krepis.kernel import node as nodes
from krepis.kernel.bench import free_port, pinned

ROOT = Path(__file__).parents[2]
RATE = 200  # requests per second of the tenant that is measured
FLOOD = 10  # times that
BATCH = 64  # requests of a flood without a pause, at once
PAUSE_S = 0.05


def request(tenant: str, path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: a\r\nX-Tenant: {tenant}\r\n\r\n".encode()


def latencies_ms(port: int, seconds: float) -> list[float]:
    """Of requests that begin every 1/RATE s, counted from when they should have begun."""
    out: list[float] = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        due = time.perf_counter()
        for _ in range(int(seconds * RATE)):
            due += 1 / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.sendall(request("t0", "/users/7"))
            if not connection.recv(4096).startswith(b"HTTP/1.1 200"):
                raise SystemExit("the tenant that is measured was refused")
            out.append((time.perf_counter() - due) * 1000)
    return out


def received(connection: socket.socket) -> None:
    """What there is; the end of the connection is an answer too."""
    with suppress(TimeoutError, ConnectionError):
        connection.recv(1 << 16)


def flood(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        due = time.perf_counter()
        while True:
            due += 1 / RATE
            time.sleep(max(0.0, due - time.perf_counter()))
            connection.sendall(request("t1", "/users/7") * FLOOD)
            connection.recv(1 << 16)


def deluge(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        while True:
            connection.sendall(request("t1", "/users/7") * BATCH)
            connection.recv(1 << 16)


def asking(port: int, tenant: str, path: str) -> None:
    while True:
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.settimeout(5)
            connection.sendall(request(tenant, path))
            received(connection)
        time.sleep(PAUSE_S)


def loop(port: int) -> None:
    asking(port, "t2", "/loop")


def leak(port: int) -> None:
    asking(port, "t3", "/leak")


def aside(bad: Callable[[int], None], port: int) -> None:
    os.nice(10)
    bad(port)


KINDS: dict[str, tuple[Callable[[int], None], ...]] = {
    "alone": (),
    "one floods": (flood,),
    "one loops": (loop,),
    "one leaks": (leak,),
    "all three": (flood, loop, leak),
    "a deluge": (deluge,),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    node = nodes.find_node()
    port = free_port()
    program = ROOT / "kernel_c" / "bench" / "peers" / "krepis-tenants.ts"
    command = [str(node.program), "--single-threaded-gc", str(program), str(port)]
    with ExitStack() as stack:
        server = stack.enter_context(subprocess.Popen(pinned(command, core=0), stdout=subprocess.PIPE, text=True))
        stack.callback(server.kill)
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
        assert server.stdout is not None
        server.stdout.readline()
        latencies_ms(port, 2)  # warms up
        rows: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            for name, bad in KINDS.items():
                others = [multiprocessing.Process(target=aside, args=(one, port), daemon=True) for one in bad]
                for other in others:
                    other.start()
                got = sorted(latencies_ms(port, options.seconds))
                for other in others:
                    other.terminate()
                    other.join()
                rows.setdefault(name, []).extend((got[len(got) // 2], got[len(got) * 99 // 100]))

        def pick(row: list[float], at: int) -> float:
            return statistics.median(row[at::2])

        for name, row in rows.items():
            print(f"{name:12} p50 {pick(row, 0):6.2f} ms   p99 {pick(row, 1):6.2f} ms")


if __name__ == "__main__":
    main()
