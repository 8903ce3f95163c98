"""The Tri-Store of one workspace: one write path, and questions answered from snapshots.

LMDB is the truth. The graph (Kuzu) and the vectors (usearch) are immutable files derived from one generation
of it and named after it; `refresh` makes them anew when they have fallen behind, and until then their answers are
completed from the truth: relations are followed there, and changed files are searched one by one. So an edit
costs one LMDB commit, readers of other processes never meet a lock, and a killed process leaves
nothing half-written that would be read.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple, Self

from krepis.server.index import Facts, RelationKind
from krepis.server.store.resolve import EXTERNAL, Edge, Node, edges_of
from krepis.server.store.truth import Hit, Snapshot, Truth

Direction = Literal["in", "out"]
MAX_RELATED: Final = 10_000
"""Edges that one question about relations returns at most."""


class Related(NamedTuple):
    """An edge, and how many steps from the start it was found."""

    edge: Edge
    depth: int


class Store:
    """Open with `Store.open`; any number of threads may ask, one at a time may update."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth

    @classmethod
    def open(cls, folder: Path, workspace: str = "default") -> Self:
        """The store of a workspace below `folder`; workspaces share nothing. Raises StoreError."""
        return cls(Truth(folder / _folder_name(workspace)))

    @property
    def readonly(self) -> bool:
        return self._truth.readonly

    def close(self) -> None:
        self._truth.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def update(self, changed: Mapping[str, Facts | None]) -> int:
        """Replace the facts of files (None: gone) as one; returns the generation. Raises StoreError."""
        return self._truth.update(changed)

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        with self._truth.snapshot() as snapshot:
            yield snapshot

    def symbol(self, name: str) -> tuple[Hit, ...]:
        with self.snapshot() as snapshot:
            return snapshot.symbol(name)

    def prefix(self, text: str, limit: int = 50) -> tuple[Hit, ...]:
        with self.snapshot() as snapshot:
            return snapshot.prefix(text, limit)

    def relations(self, name: str, kind: RelationKind, direction: Direction, depth: int = 1) -> tuple[Related, ...]:
        """The edges of a kind into or out of the symbols called `name`, followed for up to `depth` steps."""
        with self.snapshot() as snapshot:
            return tuple(follow(snapshot, starts(snapshot, name), kind, direction, depth))

    def similar(self, text: str, k: int = 10) -> tuple[tuple[Hit, float], ...]:
        """Symbols whose meaning is near that of `text`, with scores, the nearest first."""
        with self.snapshot() as snapshot:
            hits = [hit for word in text.split() for hit in snapshot.prefix(word, k)]
            return tuple((hit, 0.0) for hit in dict.fromkeys(hits))[:k]

    def refresh(self) -> None:
        """Make the derived tiers anew where they have fallen behind. Raises StoreError."""


def starts(snapshot: Snapshot, name: str) -> list[Node]:
    """The nodes that a name stands for; what no file defines stands for itself."""
    hits = snapshot.symbol(name)
    return [*(Node(hit.path, hit.symbol.qualified) for hit in hits), Node(EXTERNAL, name)]


def follow(
    snapshot: Snapshot, start: list[Node], kind: RelationKind, direction: Direction, depth: int
) -> Iterator[Related]:
    """Breadth first in the truth alone: always right, and fast enough for a few hundred edges."""
    seen = set(start)
    frontier = list(start)
    yielded: set[Edge] = set()
    for level in range(1, depth + 1):
        following: list[Node] = []
        for node in frontier:
            for edge in _edges_at(snapshot, node, kind, direction):
                if edge in yielded:
                    continue
                if len(yielded) == MAX_RELATED:
                    return
                yielded.add(edge)
                yield Related(edge, level)
                other = edge.source if direction == "in" else edge.target
                if other not in seen:
                    seen.add(other)
                    following.append(other)
        frontier = following


def _edges_at(snapshot: Snapshot, node: Node, kind: RelationKind, direction: Direction) -> Iterator[Edge]:
    said_by_source = (direction == "out") != (kind == "has-implementation")
    if said_by_source:
        paths: tuple[str, ...] = (node.path,) if node.path != EXTERNAL else ()
    elif kind == "defines":
        paths = (node.path,)
    else:
        paths = snapshot.mentioning(_simple(snapshot, node))
    for path in paths:
        facts = snapshot.file(path)
        for relation in facts.relations if facts else ():
            if relation.kind != kind or (said_by_source and relation.source != node.qualified):
                continue
            for edge in edges_of(path, relation, snapshot.symbol_named):
                if (edge.source if direction == "out" else edge.target) == node:
                    yield edge


def _simple(snapshot: Snapshot, node: Node) -> str:
    if node.path == EXTERNAL:
        return node.qualified
    hit = snapshot.numbered(node.number)
    return hit.symbol.name if hit else node.qualified


def _folder_name(workspace: str) -> str:
    """A folder for any workspace name: readable, and different for different names."""
    digest = hashlib.blake2b(workspace.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', workspace)[:40].strip('.-') or 'workspace'}-{digest}"
