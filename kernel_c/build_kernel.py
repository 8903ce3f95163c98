"""Builds `krepis.kernel._kernel`, the cffi API-mode binding of the C kernel.

setuptools uses the module-level `ffi` (`cffi_modules = ["kernel_c/build_kernel.py:ffi"]`, run from the repository
root).
"""

from __future__ import annotations

from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[1]
SOURCE = Path("kernel_c") / "src"
HEADERS = ("krepis_kernel.h", "krepis_tenants.h", "krepis_websocket.h")


def declarations() -> str:
    """The public headers without their preprocessor lines, as cffi reads them."""
    lines = [line for name in HEADERS for line in (ROOT / SOURCE / name).read_text().splitlines()]
    return "\n".join(line for line in lines if not line.startswith("#"))


def build() -> FFI:
    """The description of the extension; nothing is compiled yet."""
    builder = FFI()
    builder.cdef(declarations())
    builder.set_source(
        "krepis.kernel._kernel",
        "\n".join(f'#include "{name}"' for name in HEADERS),
        sources=sorted(str(SOURCE / path.name) for path in (ROOT / SOURCE).glob("*.c")),
        depends=sorted(str(SOURCE / path.name) for path in (ROOT / SOURCE).glob("*.h")),
        include_dirs=[str(SOURCE)],
        extra_compile_args=[
            *("-std=c11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-D_GNU_SOURCE", "-O3", "-DNDEBUG")
        ],
        extra_link_args=["-pthread"],
    )
    return builder


ffi = build()
