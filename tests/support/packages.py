"""Packages of npm for tests: each set is installed once for a machine."""

from __future__ import annotations

import fcntl
import os
import subprocess
from pathlib import Path

from krepis.kernel.node import find_node


def installed(*packages: str) -> Path:
    """The folder `node_modules` with packages, as in `typescript@5.9`."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "krepis-tests"
    cache = home / "+".join(packages).replace("@", "-").replace("/", "-")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / "done").is_file():
            node = find_node()
            assert node.npm is not None
            environment = {**os.environ, "PATH": f"{node.program.parent}:{os.environ['PATH']}"}
            options = ["install", "--prefix", cache, "--no-audit", "--no-fund"]
            subprocess.run(
                [node.program, node.npm, *options, *packages], check=True, capture_output=True, env=environment
            )
            (cache / "done").touch()
    return cache / "node_modules"
