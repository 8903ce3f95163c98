"""Diagnostics while a model writes: the language server's latency with the inference process idle, and busy.

    python benchmarks/ai/busy.py [FOLDER] --model NAME [--edits N]

Types comments into files of a copy of FOLDER (the example shop), as `benchmarks/lsp/run.py` does, first with nothing
else going on, then while the model generates from a description, again and again.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import random
import shutil
import tempfile
from pathlib import Path
from types import ModuleType

BENCHMARKS = Path(__file__).resolve().parents[1]
WISH = "a class that keeps the last visits of every user, with their times, and says who came most often"


def editor() -> ModuleType:
    """The benchmark of the language server, whose client and typist are used."""
    spec = importlib.util.spec_from_file_location("lsp_run", BENCHMARKS / "lsp" / "run.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def measure(folder: Path, edits: int) -> None:
    lsp = editor()

    async def work(client: object, started: float) -> None:
        await lsp.start_up("start", client, started)
        typist = lsp.Typist(client, 300, random.Random(1))
        typist.typed = lsp.COMMENT
        files = sorted(uri for uri, entries in client.entries.items() if entries)  # type: ignore[attr-defined]
        for busy in (False, True):
            writing = asyncio.ensure_future(generate(client, files[0])) if busy else None
            if busy:
                await asyncio.sleep(5)  # the model is loaded and writes
            for uri in random.Random(2).choices(files, k=edits):
                await typist.edit(uri)
            print("the model writes" if busy else "the model is idle")
            typist.report()
            if writing is not None:
                writing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await writing

    await lsp.with_server(folder, 300, work)


async def generate(client: object, uri: str) -> None:
    """Keeps the model writing; what it writes is not wanted."""
    while True:
        params = {"command": "krepis.generateFromDescription", "arguments": [uri, WISH]}
        await client.request("workspace/executeCommand", params)  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=BENCHMARKS.parent / "examples" / "shop")
    parser.add_argument("--model", required=True)
    parser.add_argument("--edits", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        work = Path(name).resolve() / "project"
        shutil.copytree(options.folder, work, ignore=shutil.ignore_patterns("node_modules", ".git", ".krepis"))
        with (work / "krepis.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[ai]\nmodel = "{options.model}"\nattempts = 5\n')
        asyncio.run(measure(work, options.edits))


if __name__ == "__main__":
    main()
