"""The Tri-Store: symbols in LMDB, relations in Kuzu, meaning in a vector index, kept together by generations."""

from krepis.server.store.errors import StoreError
from krepis.server.store.resolve import Edge, Node
from krepis.server.store.store import Direction, Store
from krepis.server.store.truth import Hit, Snapshot

__all__ = ["Direction", "Edge", "Hit", "Node", "Snapshot", "Store", "StoreError"]
