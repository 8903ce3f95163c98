"""The SDK as an npm package in one file, which a project keeps in `vendor/` and depends on by path.

So `npm ci` needs no registry for it, and a project runs with plain Node, without Krepis, in a container. Node strips
the types (it refuses to do so below `node_modules`), the declarations were made by the compiler beforehand
(`kernel_c/types`), and the addon is the one for this machine. Equal sources give equal bytes, so that lock files do
not change for nothing.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Final

from krepis.kernel.node import Node, NodeError, addon, declarations, sdk
from krepis.server.version import installed_version

ARCHIVE: Final = "vendor/krepis.tgz"
_STRIP: Final = """
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
const out = process.argv.slice(1).map((path) => stripTypeScriptTypes(readFileSync(path, 'utf8')));
process.stdout.write(JSON.stringify(out));
"""
_IMPORT: Final = re.compile(r"(\bfrom\s+'\.{1,2}/[\w/-]+)\.ts'")


def package(node: Node) -> bytes:
    """The package. Raises NodeError when Node fails, or the addon cannot be built."""
    folder = sdk()
    sources = sorted(path for path in folder.rglob("*.ts") if path.parent.name != "run")  # of `krepis run`
    command = [str(node.program), "--no-warnings", "--input-type=module", "-e", _STRIP, *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        raise NodeError(f"Node could not strip the types of the SDK:\n{done.stderr}")
    files = {"package.json": json.dumps(_manifest(), indent=2).encode() + b"\n"}
    for source, text in zip(sources, json.loads(done.stdout), strict=True):
        lines = (line.rstrip() for line in _IMPORT.sub(r"\1.js'", text).splitlines())
        files[f"dist/{source.relative_to(folder).with_suffix('.js')}"] = "\n".join(lines).encode() + b"\n"
    for declaration in sorted(declarations().rglob("*.d.ts")):
        files[f"dist/{declaration.relative_to(declarations())}"] = declaration.read_bytes()
    files["build/krepis.node"] = addon(node).read_bytes()
    return _archive(files)


def _manifest() -> dict[str, object]:
    return {
        "name": "krepis",
        "version": installed_version(),
        "description": "HTTP for TypeScript on a C kernel.",
        "license": "Apache-2.0",
        "type": "module",
        "engines": {"node": ">=24"},
        "os": ["linux"],
        "exports": {
            path: {"types": f"./dist/{file}.d.ts", "default": f"./dist/{file}.js"}
            for path, file in ((".", "index"), ("./http", "http/index"), ("./express", "express/index"))
        },
        "peerDependencies": {"express": ">=4"},
        "peerDependenciesMeta": {"express": {"optional": True}},
    }


def _archive(files: dict[str, bytes]) -> bytes:
    """As `npm pack` makes it: everything below `package/`, without times and owners."""
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for path, data in sorted(files.items()):
            entry = tarfile.TarInfo(f"package/{path}")
            entry.size = len(data)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def write_package(folder: Path, node: Node) -> Path:
    """Write the package to where a project has it; returns the file. Raises NodeError and OSError."""
    target = folder / ARCHIVE
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(package(node))
    return target
