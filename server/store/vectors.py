"""The meaning tier: an HNSW index (usearch), and the only module that knows of it.

Like the graph it is an immutable file made from one generation of the truth and read through a memory map; beside it
lie the weights of the words that its vectors were made with. Vectors are kept in eight bits per dimension.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
from krepis.server.store.errors import StoreError
from krepis.server.store.meaning import DIMENSIONS, Vectors, Weights, embed, weights
from usearch.index import Index

_CONNECTIVITY: Final = 16
_EXPANSION_ADD: Final = 128
_EXPANSION_SEARCH: Final = 400
_CHUNK: Final = 4096
_THREADS: Final = 2
_WEIGHTS: Final = ".weights"


def _index() -> Index:
    return Index(
        ndim=DIMENSIONS,
        metric="cos",
        dtype="i8",
        connectivity=_CONNECTIVITY,
        expansion_add=_EXPANSION_ADD,
        expansion_search=_EXPANSION_SEARCH,
    )


class Meanings:
    """An open index file."""

    def __init__(self, file: Path) -> None:
        """Raises StoreError."""
        try:
            self.weights: Weights = msgspec.msgpack.decode(_weights_of(file).read_bytes(), type=dict[str, float])
            self._index = _index()
            self._index.view(str(file))
        except (OSError, RuntimeError, msgspec.MsgspecError) as error:
            raise StoreError(f"cannot read the vectors {str(file)!r}: {error}") from error

    def nearest(self, vector: Vectors, k: int) -> list[int]:
        """Numbers of symbols, about the nearest first."""
        if len(self._index) == 0:
            return []
        return [int(key) for key in self._index.search(vector, k, threads=1).keys]


def build(file: Path, described: Sequence[tuple[int, str]]) -> None:
    """Make the index file of numbered texts. Raises StoreError."""
    known = weights(text for _, text in described)
    index = _index()
    try:
        for chunk in _chunks(described):
            keys = np.array([number for number, _ in chunk], dtype=np.uint64)
            index.add(keys, embed([text for _, text in chunk], known), threads=_THREADS)
        _weights_of(file).write_bytes(msgspec.msgpack.encode(known))
        index.save(str(file))
    except (OSError, RuntimeError) as error:
        raise StoreError(f"cannot make the vectors {str(file)!r}: {error}") from error


def _chunks(items: Iterable[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def _weights_of(file: Path) -> Path:
    return file.with_name(file.name + _WEIGHTS)
