"""Keeps the index of a workspace up to date with the disk, where there is one, so that other processes find it so.

The editor's own answers come from what was verified, not from the index: they are about texts that are not saved,
and have verdicts. What is saved is indexed when the worker has nothing else to do, and no sooner than somebody has
made an index (`krepis index`, `query` or `graph`). Deliberately absent: the derived files, which whoever asks makes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from krepis.server.discover import shown
from krepis.server.run import is_linked
from krepis.twin.contents import Contents
from krepis.twin.options import SourceFile

BATCH = 16
"""Files between two looks at whether something else is to be done."""


class Indexer:
    """The index of one workspace."""

    def __init__(self, root: Path, contents: Contents) -> None:
        self._root, self._contents = root, contents
        self._folder = root / ".krepis" / "index"
        self._seen: Sequence[SourceFile] = ()

    def update(self, files: Sequence[SourceFile], wanted: Callable[[], bool]) -> None:
        """Brings the index up to date with what is on disk, until something else is `wanted`.

        `files` is the same object for as long as nothing has changed there. An index that cannot be used stays as it
        is: whoever asks it is told.
        """
        if files is self._seen or wanted() or not self._folder.is_dir() or is_linked(self._folder):
            return
        from krepis.server.store import Store, StoreError  # slow to import
        from krepis.server.store.indexing import facts_of

        with suppress(StoreError), Store.open(self._folder) as store:
            if not store.readonly:
                with store.snapshot() as snapshot:
                    known = snapshot.digests()
                now = {shown(file.absolute, self._root): file for file in files}
                stale = [name for name, file in now.items() if known.get(name, b"").hex() != self._digest(file)]
                stale += [name for name in known.keys() - now.keys() if not (self._root / name).exists()]
                for start in range(0, len(stale), BATCH):
                    if wanted():
                        return
                    store.update(facts_of((name, self._root / name) for name in stale[start : start + BATCH]))
        self._seen = files

    def _digest(self, file: SourceFile) -> str:
        return self._contents.of(str(file.absolute), file.stamp).digest
