"""Builds `krepis.twin._engine`, the cffi API-mode binding of the C engine.

setuptools uses the module-level `ffi` (`cffi_modules = ["twin/engine/build_engine.py:ffi"]`, run from the
repository root). Run as a script, it compiles the extension and puts it beside the Python sources in `twin/`
(or into the folder `KREPIS_ENGINE_TARGET`). With `KREPIS_SANITIZE=1` (address and undefined behaviour) or
`KREPIS_SANITIZE=thread`, assertions are on and the extension is instrumented; the script then prints which
library to preload.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]
ENGINE = Path("twin") / "engine"
SANITIZERS = {"1": "address,undefined", "thread": "thread"}


def declarations() -> str:
    """The public header without its preprocessor lines, as cffi reads it."""
    lines = (ROOT / ENGINE / "krepis_twin.h").read_text().splitlines()
    return "\n".join(line for line in lines if not line.startswith("#"))


def compiler_flags() -> tuple[list[str], list[str]]:
    """Flags for the compiler and for the linker."""
    flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden", "-D_GNU_SOURCE"]
    sanitizer = SANITIZERS.get(os.environ.get("KREPIS_SANITIZE", ""))
    if sanitizer is None:
        return [*flags, "-O3", "-DNDEBUG"], ["-pthread"]
    instrument = [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
    return [*flags, "-O1", "-g", "-UNDEBUG", *instrument], ["-pthread", *instrument]


def build(engine: Path) -> FFI:
    """The description of the extension, with sources in `engine`; nothing is compiled yet."""
    compile_args, link_args = compiler_flags()
    builder = FFI()
    builder.cdef(declarations())
    builder.set_source(
        "krepis.twin._engine",
        '#include "krepis_twin.h"',
        sources=sorted(str(engine / path.name) for path in (ROOT / ENGINE).glob("*.c")),
        depends=sorted(str(engine / path.name) for path in (ROOT / ENGINE).glob("*.h")),
        include_dirs=[str(engine)],
        extra_compile_args=compile_args,
        extra_link_args=link_args,
    )
    return builder


def build_in_place(target: Path) -> Path:
    """Compile into a temporary folder and move the extension into `target`."""
    with tempfile.TemporaryDirectory() as folder:
        library = Path(build(ROOT / ENGINE).compile(tmpdir=folder, verbose="KREPIS_VERBOSE" in os.environ))
        destination = target / library.name
        partial = destination.with_suffix(".new")
        shutil.copy(library, partial)
        partial.replace(destination)
    return destination


ffi = build(ENGINE)

if __name__ == "__main__":
    print(build_in_place(Path(os.environ.get("KREPIS_ENGINE_TARGET", ROOT / "twin")).resolve()))
    if os.environ.get("KREPIS_SANITIZE") in SANITIZERS:
        name = "libasan.so" if os.environ["KREPIS_SANITIZE"] == "1" else "libtsan.so"
        found = subprocess.run(["gcc", f"-print-file-name={name}"], capture_output=True, text=True, check=True)
        print("LD_PRELOAD=" + found.stdout.strip())
