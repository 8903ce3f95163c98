"""The edges within a few steps of a symbol, in both directions, for drawing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from krepis.server.index import RelationKind
from krepis.server.store.resolve import Edge, Node
from krepis.server.store.store import Direction, Store, edges_at, starts

MAX_EDGES: Final = 200
"""More cannot be read in a picture."""


def around(store: Store, name: str, kinds: Sequence[RelationKind], depth: int) -> tuple[list[Edge], dict[Node, int]]:
    """The edges, the nearest first, and the column of each node: negative for what leads to the symbol."""
    with store.snapshot() as snapshot:
        begin = starts(snapshot, name)
        columns = dict.fromkeys(begin, 0)
        found: dict[tuple[str, Node, Node], Edge] = {}  # one of several lines is enough
        directions: tuple[tuple[Direction, int], ...] = (("in", -1), ("out", 1))
        frontiers = {direction: list(begin) for direction, _ in directions}
        for step in range(1, depth + 1):
            for direction, sign in directions:
                following = []
                for node in frontiers[direction]:
                    for kind in kinds:
                        for edge in edges_at(snapshot, node, kind, direction):
                            if len(found) == MAX_EDGES:
                                return list(found.values()), columns
                            found.setdefault((edge.kind, edge.source, edge.target), edge)
                            other = edge.source if direction == "in" else edge.target
                            if other not in columns:
                                columns[other] = sign * step
                                following.append(other)
                frontiers[direction] = following
        return list(found.values()), columns
