"""What tenants that flood, loop and leak cost the others, each in an isolate of its own.

    python benchmarks/kernel/tenants.py [--seconds 10] [--rounds 3]

A client asks at a steady rate as one tenant, and its latencies are those of arrivals: a late answer does not delay the
next request. Then the same while one tenant of the eight floods, at ten times that rate and more, one is asked for an
endless loop again and again, and one leaks.
"""

from __future__ import annotations

import argparse
import socket
import statistics
import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from krepis.kernel import node as nodes
from krepis.kernel.bench import free_port

ROOT = Path(__file__).parents[2]
RATE = 200  # requests per second of the tenant that is measured
FLOOD = 64  # requests in a batch


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


def asking(port: int, tenant: str, path: str, over: threading.Event, batch: int) -> None:
    while not over.is_set():
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.settimeout(5)
            connection.sendall(request(tenant, path) * batch)
            try:
                while batch > 1 and not over.is_set():
                    connection.recv(1 << 16)
                    connection.sendall(request(tenant, path) * batch)
                connection.recv(4096)
            except TimeoutError:
                pass
        time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    node = nodes.find_node()
    port = free_port()
    command = [node.program, ROOT / "kernel_c" / "bench" / "peers" / "krepis-tenants.ts", str(port)]
    with ExitStack() as stack:
        server = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(server.kill)
        assert server.stdout is not None
        server.stdout.readline()
        latencies_ms(port, 2)  # warms up
        rows: dict[str, list[float]] = {}
        kinds: dict[str, list[tuple[str, str, int]]] = {
            "alone": [],
            "one floods": [("t1", "/users/7", FLOOD)],
            "one loops": [("t2", "/loop", 1)],
            "one leaks": [("t3", "/leak", 1)],
            "all three": [("t1", "/users/7", FLOOD), ("t2", "/loop", 1), ("t3", "/leak", 1)],
        }
        for _ in range(options.rounds):
            for name, bad in kinds.items():
                over = threading.Event()
                threads = [threading.Thread(target=asking, args=(port, *one[:2], over, one[2])) for one in bad]
                for thread in threads:
                    thread.start()
                got = sorted(latencies_ms(port, options.seconds))
                over.set()
                for thread in threads:
                    thread.join()
                rows.setdefault(name, []).extend((got[len(got) // 2], got[len(got) * 99 // 100]))

        def pick(row: list[float], at: int) -> float:
            return statistics.median(row[at::2])

        for name, row in rows.items():
            print(f"{name:12} p50 {pick(row, 0):6.2f} ms   p99 {pick(row, 1):6.2f} ms")


if __name__ == "__main__":
    main()
