"""What of a project is like something, from its Tri-Store: `krepis index` makes it, the editor keeps it up to date."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from krepis.server.run import is_linked

NEAREST: Final = 8
"""Symbols that are asked for."""


def nearest(root: Path, text: str) -> Iterator[tuple[str, str]]:
    """Path and body of symbols whose meaning is near that of a text, the nearest first; none without a store."""
    folder = root / ".krepis" / "index"
    if not folder.is_dir() or is_linked(folder):
        return
    from krepis.server.store import Store, StoreError  # slow to import
    from krepis.server.store.answer import body

    try:
        with Store.open(folder) as store:
            found = store.similar(text, NEAREST)
    except StoreError:
        return  # whoever asks the index is told
    for hit, score in found:
        if score > 0:
            yield hit.path, body(hit, root)
