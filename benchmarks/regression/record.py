"""Record what equal servers cost beside each other: the noise of a machine, from which `decide.py` makes comparisons.

    .venv/bin/python benchmarks/regression/record.py --pairs 400

Two processes of one program, measured in turn as `krepis benchmark --against` does it. Written are pairs of processor
time per request in microseconds, in the order of time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from krepis.kernel import bench
from krepis.kernel.node import addon, find_node

APP: Final = """
import { krepis } from 'krepis';
const items = Array.from({ length: 20 }, (_, id) => ({ id, name: `item ${id}`, tags: ['a', 'b'] }));
export default krepis().get('/items', () => items);
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=400)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("noise.json"))
    options = parser.parse_args()
    node = find_node()
    native = addon(node)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as servers:
        entry = Path(folder) / "app.ts"
        entry.write_text(APP)
        peers = []
        for name in ("a", "b"):
            port = str(bench.free_port())
            environment = {**bench.environment(native), "PORT": port}
            command = bench.project_command(node, entry, port, Path(folder) / name)
            pid = servers.enter_context(bench.serving(command, port, cwd=Path(folder), env=environment))
            peers.append(bench.Peer(name, pid, port))
        workload = bench.Workload("GET /items", bench.request("GET", "/items"), 1, application=True)
        runs = list(bench.compare(peers, workload, options.pairs, 16, options.seconds))
    pairs = [[round(one.cpu_us, 3), round(two.cpu_us, 3)] for one, two in zip(runs[::2], runs[1::2], strict=True)]
    cores, load = len(os.sched_getaffinity(0)), os.getloadavg()[0]
    machine = f"{platform.system()} {platform.release()}, {cores} cores, load {load:.1f}"
    said = {"machine": machine, "seconds": options.seconds, "pairs": pairs}
    options.output.write_text(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
