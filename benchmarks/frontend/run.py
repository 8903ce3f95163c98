"""Times `krepis verify` on a folder: cold, warm, and warm after one file changed; prints medians and spread.

usage: run.py FOLDER [--rounds N]

The folder is copied first, so that nothing in it changes. Peak memory is the largest single process.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "verify", "--fail-on", "never"]


def timed(folder: Path) -> float:
    """Seconds of one run on a folder."""
    started = time.monotonic()
    subprocess.run([*COMMAND, "--format", "json", "--output", "report.json", "."], cwd=folder, check=True)
    return time.monotonic() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    times: dict[str, list[float]] = {"cold": [], "warm": [], "one file changed": []}
    with tempfile.TemporaryDirectory() as name:
        work = Path(name) / "project"
        shutil.copytree(options.folder, work, ignore=shutil.ignore_patterns("node_modules", ".git", ".krepis"))
        sources = sorted(p for p in work.rglob("*.ts") if not p.name.endswith(".d.ts"))
        lines = sum(p.read_bytes().count(b"\n") for p in sources)
        for n in range(options.rounds):
            shutil.rmtree(work / ".krepis", ignore_errors=True)
            times["cold"].append(timed(work))
            times["warm"].append(timed(work))
            changed = sources[n % len(sources)]
            changed.write_text(
                changed.read_text(encoding="utf-8") + f"\nexport const changed{n} = {n};\n", encoding="utf-8"
            )
            times["one file changed"].append(timed(work))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    print(f"{len(sources)} files, {lines} lines, {options.rounds} rounds, peak {peak} MiB in one process")
    for what, seconds in times.items():
        print(f"{what:17} median {statistics.median(seconds):7.1f} s   {min(seconds):.1f} to {max(seconds):.1f}")


if __name__ == "__main__":
    main()
