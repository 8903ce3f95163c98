"""Files made from a generation of the truth: their names, how they are made, found and thrown away.

A file is made under a name of its maker and renamed when it is whole, so a reader sees all of it or nothing.
Its name holds the birth and the generation of the truth that it was made from; what a killed maker left is
removed by the next one.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, Generic, TypeVar

from krepis.server.store.errors import StoreError
from krepis.server.store.truth import Snapshot

_MADE: Final = re.compile(r"\.tmp-(\d+)")


T = TypeVar("T")


class Derived(Generic[T]):
    """One kind of file in a folder, and the newest one opened."""

    def __init__(self, folder: Path, kind: str, open_file: Callable[[Path], T]) -> None:
        self._folder = folder
        self._kind = kind
        self._open_file = open_file
        self._opened: tuple[Path, T] | None = None
        self._lock = threading.Lock()

    def _file(self, birth: str, generation: int) -> Path:
        return self._folder / f"{self._kind}-{birth}-{generation}"

    def newest(self, snapshot: Snapshot) -> tuple[int, T] | None:
        """The open file that is nearest to the snapshot without being younger, and its generation."""
        generation = max((g for g in self._generations(snapshot.birth) if g <= snapshot.generation), default=None)
        if generation is None:
            return None
        file = self._file(snapshot.birth, generation)
        with self._lock:
            if self._opened is None or self._opened[0] != file:
                try:
                    self._opened = (file, self._open_file(file))
                except StoreError:  # removed or damaged meanwhile; the truth answers
                    with contextlib.suppress(OSError):
                        file.unlink()
                    return None
            return generation, self._opened[1]

    def is_current(self, snapshot: Snapshot) -> bool:
        return snapshot.generation in self._generations(snapshot.birth)

    def make(self, snapshot: Snapshot, build: Callable[[Path], None]) -> None:
        """Make the file of the snapshot and remove older ones. Raises StoreError."""
        file = self._file(snapshot.birth, snapshot.generation)
        unfinished = self._folder / f"{self._kind}.tmp-{os.getpid()}"
        try:
            self._sweep()
            build(unfinished)
            for extra in self._folder.glob(f"{unfinished.name}.*"):
                extra.replace(file.with_name(file.name + extra.name.removeprefix(unfinished.name)))
            unfinished.replace(file)
            for other in self._folder.glob(f"{self._kind}-*"):
                if not other.name.startswith(file.name):
                    other.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(f"cannot make {file.name} in {str(self._folder)!r}: {error.strerror}") from error
        finally:
            for left in self._folder.glob(f"{unfinished.name}*"):
                left.unlink(missing_ok=True)

    def _generations(self, birth: str) -> list[int]:
        start = f"{self._kind}-{birth}-"
        names = (path.name.removeprefix(start) for path in self._folder.glob(f"{start}*"))
        return [int(name) for name in names if name.isdecimal()]

    def _sweep(self) -> None:
        """Remove what makers left that are no more."""
        for left in self._folder.glob(f"{self._kind}.tmp-*"):
            match = _MADE.search(left.name)
            if match and not Path(f"/proc/{match[1]}").exists():
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)
