"""Builds `krepis.twin._simulation`: the kernel's own sources over a simulated HAL, as a cffi API-mode module.

setuptools uses the module-level `ffi` (`cffi_modules = ["twin/simulation/build_simulation.py:ffi"]`, run from the
repository root). The HAL for real machines is left out.
"""

from __future__ import annotations

from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
OWN = Path("twin") / "simulation"
KERNEL = Path("kernel_c") / "src"


def declarations() -> str:
    """The public header without its preprocessor lines, as cffi reads it."""
    lines = (ROOT / OWN / "simulation.h").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def _files(folder: Path, pattern: str) -> list[str]:
    return sorted(str(folder / path.name) for path in (ROOT / folder).glob(pattern) if path.name != "hal_epoll.c")


def build() -> FFI:
    """The description of the extension; nothing is compiled yet."""
    builder = FFI()
    builder.cdef(declarations())
    builder.set_source(
        "krepis.twin._simulation",
        '#include "simulation.h"',
        sources=[*_files(OWN, "*.c"), *_files(KERNEL, "*.c")],
        depends=[*_files(OWN, "*.h"), *_files(KERNEL, "*.h")],
        include_dirs=[str(OWN), str(KERNEL)],
        extra_compile_args=[
            *("-std=c11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-D_GNU_SOURCE", "-O2", "-UNDEBUG")
        ],
        extra_link_args=["-pthread", "-lm"],
    )
    return builder


ffi = build()
