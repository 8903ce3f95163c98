"""What connections cost that do nothing, and what slow readers cost the others.

    python benchmarks/kernel/idle.py [--idle 10000] [--slow 1000]

The server runs on core 0, the load on core 1; both need a limit of open files above the number of connections.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path

from krepis.kernel.bench import free_port, load_generator, request, resident_kib
from run import served

BIG = 400_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--idle", type=int, default=10_000)
    parser.add_argument("--slow", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    os.sched_setaffinity(0, {1})
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        load = load_generator()
        port = str(free_port())
        pid = stack.enter_context(served("krepis, idle", port, folder))

        def p99_us() -> float:
            runs = []
            for _ in range(options.rounds):
                done = subprocess.run(
                    [load, port, "16", "1", "1"], input=request("GET", "/"), capture_output=True, check=True
                )
                runs.append(json.loads(done.stdout)["p99_us"])
            return statistics.median(runs)

        def dial(data: bytes) -> socket.socket:
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", int(port))))
            connection.sendall(data)
            return connection

        p99_us()  # warms up
        alone, before = p99_us(), resident_kib(pid)
        for _ in range(options.idle):
            assert dial(request("GET", "/")).recv(4096)
        after = resident_kib(pid)
        print(f"{options.idle} idle connections: {(after - before) * 1024 / options.idle:.0f} bytes each, resident")
        print(f"p99 of 16 others: {p99_us():.0f} us, {alone:.0f} us without them")
        for _ in range(options.slow):
            dial(request("GET", "/big"))
        print(f"p99 with {options.slow} slow readers of {BIG} bytes besides: {p99_us():.0f} us")


if __name__ == "__main__":
    main()
