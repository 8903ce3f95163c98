"""The Tri-Store of one workspace: one write path, and questions answered from snapshots.

LMDB is the truth. The graph (Kuzu) and the vectors (usearch) are immutable files derived from one generation
of it and named after it; `refresh` makes them anew when they have fallen behind, and until then their answers are
completed from the truth: relations are followed there, and changed files are searched one by one. So an edit
costs one LMDB commit, readers of other processes never meet a lock, and a killed process leaves
nothing half-written that would be read.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, Literal, Self

import numpy as np
from krepis.server.index import Facts, RelationKind
from krepis.server.index.model import CALLABLE
from krepis.server.store.derived import Derived
from krepis.server.store.graph import Graph, Neighbour
from krepis.server.store.graph import build as build_graph
from krepis.server.store.meaning import Weights, description, embed
from krepis.server.store.resolve import EXTERNAL, Edge, Node, edges, edges_of
from krepis.server.store.truth import Hit, Snapshot, Truth, number_of
from krepis.server.store.vectors import Meanings
from krepis.server.store.vectors import build as build_vectors

Direction = Literal["in", "out"]
MAX_REACHED: Final = 10_000
"""Nodes that are followed when the graph is behind."""
MAX_DIRTY: Final = 100
"""Neighbours asked for beyond those wanted, in place of symbols that have changed since the vectors were made."""
RANKED_AGAIN: Final = 4
"""The vectors are kept in eight bits, which costs a tenth of the right answers; so this many times what is asked for
is taken from them and ranked by exact vectors."""
MIN_NEAREST: Final = 10
MEANINGFUL: Final = CALLABLE | {"class", "interface", "type", "enum", "variable"}
"""Kinds of symbols that are searched by meaning: fields and modules say too little."""


class Store:
    """Open with `Store.open`; any number of threads may ask, one at a time may update."""

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._graphs = Derived(truth.folder, "graph", Graph)
        self._meanings = Derived(truth.folder, "vectors", Meanings)

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

    def relations(self, name: str, kind: RelationKind, direction: Direction) -> tuple[Edge, ...]:
        """The edges of a kind into or out of the symbols called `name` (or what is called so outside of all files)."""
        with self.snapshot() as snapshot:
            found: list[Edge] = []
            graph = self._current_graph(snapshot)
            for node in starts(snapshot, name):
                found += (
                    _edges_from(graph, snapshot, node, kind, direction)
                    if graph
                    else edges_at(snapshot, node, kind, direction)
                )
            return tuple(dict.fromkeys(found))

    def reached(self, name: str, kind: RelationKind, direction: Direction, depth: int) -> tuple[tuple[Node, int], ...]:
        """What is within `depth` steps of the symbols called `name`, without them, and how many steps away."""
        with self.snapshot() as snapshot:
            begin = starts(snapshot, name)
            graph = self._current_graph(snapshot)
            distances: dict[Node, int] = {}
            if graph is None:
                distances = reached_in(snapshot, begin, kind, direction, depth)
            else:
                for start in begin:
                    for near in graph.reached(start.number, kind, direction, depth):
                        node = _node(snapshot, near)
                        distances[node] = min(near.value, distances.get(node, depth))
            ordered = sorted(distances.items(), key=lambda item: (item[1], item[0]))
            return tuple(item for item in ordered if item[0] not in begin)

    def similar(self, text: str, k: int = 10) -> tuple[tuple[Hit, float], ...]:
        """Symbols whose meaning is near that of `text` and the cosine of the angle, the nearest first."""
        with self.snapshot() as snapshot:
            newest = self._meanings.newest(snapshot)
            changed = snapshot.changed_since(newest[0]) if newest else None
            if newest is None or changed is None:
                return _similar_among(snapshot.files(), text, {}, k)
            meanings = newest[1]
            dirty = ((path, facts) for path in changed if (facts := snapshot.file(path)))
            found = dict(_similar_among(dirty, text, meanings.weights, k))
            vector = embed([text], meanings.weights)[0]
            wanted = max(k, MIN_NEAREST) * RANKED_AGAIN + (MAX_DIRTY if changed else 0)
            hits = [hit for number in meanings.nearest(vector, wanted) if (hit := snapshot.numbered(number))]
            kept = [hit for hit in hits if hit.path not in changed][: max(k, MIN_NEAREST) * RANKED_AGAIN]
            exact = embed([description(hit.symbol, hit.path) for hit in kept], meanings.weights) @ vector
            found |= zip(kept, map(float, exact), strict=True)
            return tuple(sorted(found.items(), key=lambda item: -item[1])[:k])

    def refresh(self) -> None:
        """Make the graph and the vectors anew where they have fallen behind. Raises StoreError."""
        if self.readonly:
            return
        with self.snapshot() as snapshot:
            if not self._graphs.is_current(snapshot):
                self._graphs.make(snapshot, lambda file: _build_graph(file, snapshot))
            if not self._meanings.is_current(snapshot):
                self._meanings.make(snapshot, lambda file: build_vectors(file, _described(snapshot)))

    def _current_graph(self, snapshot: Snapshot) -> Graph | None:
        newest = self._graphs.newest(snapshot)
        return newest[1] if newest and newest[0] == snapshot.generation else None


def starts(snapshot: Snapshot, name: str) -> list[Node]:
    """The nodes that a name stands for; what no file defines stands for itself."""
    hits = snapshot.symbol(name)
    return [*(Node(hit.path, hit.symbol.qualified) for hit in hits), Node(EXTERNAL, name)]


def reached_in(
    snapshot: Snapshot, begin: list[Node], kind: RelationKind, direction: Direction, depth: int
) -> dict[Node, int]:
    """Breadth first in the truth alone: always right, and fast enough for a few hundred nodes."""
    distances = dict.fromkeys(begin, 0)
    frontier = list(begin)
    for level in range(1, depth + 1):
        following: list[Node] = []
        for node in frontier:
            for edge in edges_at(snapshot, node, kind, direction):
                other = edge.source if direction == "in" else edge.target
                if other not in distances and len(distances) < MAX_REACHED:
                    distances[other] = level
                    following.append(other)
        frontier = following
    return distances


def edges_at(snapshot: Snapshot, node: Node, kind: RelationKind, direction: Direction) -> Iterator[Edge]:
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


def _node(snapshot: Snapshot, near: Neighbour) -> Node:
    hit = None if near.name else snapshot.numbered(near.number)
    return Node(hit.path, hit.symbol.qualified) if hit else Node(EXTERNAL, near.name)


def _edges_from(
    graph: Graph, snapshot: Snapshot, node: Node, kind: RelationKind, direction: Direction
) -> Iterator[Edge]:
    for near in graph.edges(node.number, kind, direction):
        other = _node(snapshot, near)
        source, target = (other, node) if direction == "in" else (node, other)
        yield Edge(kind, source, target, near.value)


def _build_graph(file: Path, snapshot: Snapshot) -> None:
    lookup = functools.lru_cache(maxsize=100_000)(snapshot.symbol_named)
    nodes = (Node(path, symbol.qualified) for path, facts in snapshot.files() for symbol in facts.symbols)
    found = (edge for path, facts in snapshot.files() for edge in dict.fromkeys(edges(path, facts, lookup)))
    build_graph(file, nodes, found)


def _described(snapshot: Snapshot) -> list[tuple[int, str]]:
    return [
        (number_of(path, symbol.qualified), description(symbol, path))
        for path, facts in snapshot.files()
        for symbol in facts.symbols
        if symbol.kind in MEANINGFUL
    ]


def _similar_among(
    files: Iterable[tuple[str, Facts]], text: str, known: Weights, k: int
) -> tuple[tuple[Hit, float], ...]:
    """By looking at every symbol: for what the vectors do not know yet."""
    best: list[tuple[Hit, float]] = []
    asked = embed([text], known)[0]
    for path, facts in files:
        symbols = [symbol for symbol in facts.symbols if symbol.kind in MEANINGFUL]
        if symbols:
            scores = embed([description(symbol, path) for symbol in symbols], known) @ asked
            order = np.argsort(-scores, kind="stable")[:k]
            best += [(Hit(path, symbols[at]), float(scores[at])) for at in order]
            best = sorted(best, key=lambda item: -item[1])[:k]
    return tuple(best)


def _folder_name(workspace: str) -> str:
    """A folder for any workspace name: readable, and different for different names."""
    digest = hashlib.blake2b(workspace.encode("utf-8", "surrogatepass"), digest_size=5).hexdigest()
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', workspace)[:40].strip('.-') or 'workspace'}-{digest}"
