"""What lies in folders and whether files have changed, without looking twice.

A listing is read again when the folder's time stamp differs. One that was read within `SETTLED_NS` of the stamp is
not kept: what came right after it might have the same stamp.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

SETTLED_NS = 2_000_000_000
"""The coarsest step of a file system's clock."""

Stamp = tuple[int, ...]
"""Differs whenever the content of a file does, as far as the file system can tell."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Names in a folder, sorted; a link to a folder is among `folders`, and in `links` like all links."""

    identity: tuple[int, int]
    folders: tuple[str, ...]
    files: tuple[str, ...]
    links: frozenset[str]


class Folders:
    """Listings that are remembered."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[int, Listing]] = {}

    def listing(self, folder: str) -> Listing:
        """What is in a folder; the same object as long as nothing has come or gone. Raises OSError."""
        status = os.stat(folder)
        known = self._known.get(folder)
        identity = status.st_dev, status.st_ino
        if known is not None and known[0] == status.st_mtime_ns and known[1].identity == identity:
            return known[1]
        now = time.time_ns()
        found = _listed(folder, identity)
        if now - status.st_mtime_ns > SETTLED_NS:
            self._known[folder] = status.st_mtime_ns, found
        return found


def _listed(folder: str, identity: tuple[int, int]) -> Listing:
    folders: list[str] = []
    files: list[str] = []
    links: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                is_folder = entry.is_dir()
            except OSError:  # a symbolic link to itself
                is_folder = False
            (folders if is_folder else files).append(entry.name)
            if entry.is_symlink():
                links.append(entry.name)
    return Listing(identity, tuple(sorted(folders)), tuple(sorted(files)), frozenset(links))


def stamp_of(path: str) -> Stamp | None:
    """The stamp of a file; None when there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
