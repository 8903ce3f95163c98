"""Changes on disk: told by the client where it can, else found by looking.

Looking is a walk over names, sizes and times of the files that matter, in a thread, rarely enough that it takes at
most a twentieth of the time. What a walk finds is handled like what a client tells.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from krepis.server.config import FILE_NAME
from krepis.server.discover import JAVASCRIPT, SKIPPED_FOLDERS, TYPESCRIPT

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

_SUFFIXES: Final = (*TYPESCRIPT, *JAVASCRIPT, ".prisma", ".sql")
_NAMES: Final = (FILE_NAME, "tsconfig.json", ".gitignore", "package.json")

PATTERNS: Final = (
    "**/*.{" + ",".join(suffix[1:] for suffix in _SUFFIXES) + "}",
    "**/{" + ",".join(_NAMES) + "}",
)
"""What clients are asked to watch."""
EVERY_S: Final = 2.0
"""Seconds between two looks, at least."""
SHARE: Final = 20
"""The time between two looks, in times that one takes."""

Stamps = dict[Path, tuple[int, int]]


def ours(path: Path) -> bool:
    """Whether a file is in a folder that nobody verifies."""
    return bool(SKIPPED_FOLDERS.intersection(path.parts))


async def poll(server: KrepisServer) -> None:
    """Looks for changes until it is cancelled."""
    loop = asyncio.get_running_loop()
    known: dict[Path, Stamps] = {}
    with ThreadPoolExecutor(1, "krepis-watch") as executor:
        while True:
            started = time.monotonic()
            for folder in [p.folder for p in server.state.projects.values() if not p.loose]:
                now = await loop.run_in_executor(executor, partial(_stamps, folder))
                before = known.get(folder)
                if before is not None and before != now:
                    server.files_changed(path for path, _ in set(before.items()) ^ set(now.items()))
                known[folder] = now
            await asyncio.sleep(max(EVERY_S, SHARE * (time.monotonic() - started)))


def _stamps(top: Path) -> Stamps:
    return dict(_walk(top))


def _walk(top: Path) -> Iterator[tuple[Path, tuple[int, int]]]:
    pending = [str(top)]
    while pending:
        try:
            entries = list(os.scandir(pending.pop()))
        except OSError:
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in SKIPPED_FOLDERS:
                        pending.append(entry.path)
                elif entry.name.endswith(_SUFFIXES) or entry.name in _NAMES:
                    status = entry.stat()
                    yield Path(entry.path), (status.st_mtime_ns, status.st_size)
            except OSError:
                continue
