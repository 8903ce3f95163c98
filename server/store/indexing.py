"""Bring a store up to date with the files of a folder.

Every file is read and hashed (cheap, and unlike time stamps never wrong); only those whose text differs from
what the store knows are parsed, in worker processes when there are many. Facts are committed in batches, so
an interrupted run loses at most one batch and the next one goes on where it ended.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from krepis.server.index import Facts, digest_of, facts
from krepis.server.store.store import Store

_BATCH: Final = 128
_FEW: Final = 48
"""Files that are not worth starting processes for."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(dict[str, Facts | None]).decode


@dataclass(frozen=True, slots=True)
class Indexed:
    """What a run did."""

    files: int
    changed: int
    gone: int
    symbols: int
    generation: int


def index(
    store: Store, files: Mapping[str, Path], jobs: int, progress: Callable[[int, int], None] | None = None
) -> Indexed:
    """Make the store hold exactly `files`. Raises StoreError."""
    with store.snapshot() as snapshot:
        known = snapshot.digests()
    gone = [path for path in known if path not in files]
    stale = [(path, file) for path, file in files.items() if _digest(file) != known.get(path)]
    if gone:
        store.update(dict.fromkeys(gone))
    done = 0
    for found in _found(stale, jobs):
        store.update(found)
        done += len(found)
        if progress:
            progress(done, len(stale))
    with store.snapshot() as snapshot:
        return Indexed(len(files), len(stale), len(gone), snapshot.counts()[1], snapshot.generation)


def _found(stale: list[tuple[str, Path]], jobs: int) -> Iterator[Mapping[str, Facts | None]]:
    batches = [stale[start : start + _BATCH] for start in range(0, len(stale), _BATCH)]
    if jobs < 2 or len(stale) <= _FEW:
        yield from map(facts_of, batches)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        yield from map(_decode, pool.map(_encoded_facts_of, batches))


def facts_of(batch: Iterable[tuple[str, Path]]) -> dict[str, Facts | None]:
    """The facts of files by their names; None of one that is gone."""
    found: dict[str, Facts | None] = {}
    for path, file in batch:
        try:
            found[path] = facts(file.read_bytes().decode("utf-8", "replace"), path)
        except OSError:  # deleted meanwhile
            found[path] = None
    return found


def _encoded_facts_of(batch: list[tuple[str, Path]]) -> bytes:
    return _encode(facts_of(batch))


def _digest(file: Path) -> bytes:
    try:
        return digest_of(file.read_bytes().decode("utf-8", "replace").encode("utf-8", "replace"))
    except OSError:
        return b""


def default_jobs() -> int:
    return len(os.sched_getaffinity(0))
