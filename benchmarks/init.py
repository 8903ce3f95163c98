"""From nothing to a verified CRUD API that answers over HTTP: `krepis init`, `krepis verify`, `krepis run`, a request.

    .venv/bin/python benchmarks/init.py             # with npm's cache as it is
    .venv/bin/python benchmarks/init.py --cold      # with an empty one

Each round in an empty folder, with the addon built. Printed are the seconds of each part, and processor seconds of all.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from itertools import pairwise
from pathlib import Path
from typing import Final

KREPIS: Final = [sys.executable, "-c", "from krepis.server.cli import main; main()"]
PARTS: Final = ("init", "verify", "first answer", "POST and GET")


def once(folder: Path, environment: dict[str, str]) -> list[float]:
    """The seconds of each part."""
    times = [time.monotonic()]
    subprocess.run(
        [*KREPIS, "init", "shop", "--yes"], cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    times.append(time.monotonic())
    shop = folder / "shop"
    done = subprocess.run(
        [*KREPIS, "verify", "--format", "json"], cwd=shop, env=environment, check=True, capture_output=True
    )
    summary = json.loads(done.stdout)["summary"]
    assert summary["findings"] == 0 and summary["entry_points"] > 0, summary
    times.append(time.monotonic())
    with subprocess.Popen(
        [*KREPIS, "run", "--port", "0"],
        cwd=shop,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stderr is not None
        address = next(found[0] for line in server.stderr if (found := re.search(r"http://\S+:\d+", line)))
        with urllib.request.urlopen(f"{address}/health") as answer:
            assert answer.status == 200
        times.append(time.monotonic())
        body = json.dumps({"title": "one"}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{address}/tasks", body, method="POST")) as answer:
            added = json.load(answer)
        with urllib.request.urlopen(f"{address}/tasks/{added['id']}") as answer:
            assert json.load(answer) == added
        times.append(time.monotonic())
        server.send_signal(signal.SIGTERM)
        server.stderr.read()
    return [after - before for before, after in pairwise(times)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cold", action="store_true", help="an empty npm cache in each round")
    options = parser.parse_args()
    rounds = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            cold = {"npm_config_cache": str(Path(folder) / "npm")} if options.cold else {}
            rounds.append(once(Path(folder), {**os.environ, **cold}))
            print(f"{sum(rounds[-1]):6.1f} s", file=sys.stderr)
    for part, *seconds in zip((*PARTS, "all"), *([*each, sum(each)] for each in rounds), strict=True):
        print(f"{part:14} {statistics.median(seconds):6.1f} s ({min(seconds):.1f} to {max(seconds):.1f})")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (usage.ru_utime + usage.ru_stime) / options.rounds
    print(f"{'processor':14} {spent:6.1f} s a round; load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
