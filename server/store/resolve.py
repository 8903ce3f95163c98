"""From relations by name to edges between symbols: what a name in one file means among all files.

Pure functions of a snapshot. A target that the file itself knows is exact. Otherwise the symbols of that name
are narrowed by what the file says (the module it imports, the declared type of the receiver); what is left is
taken when it is at most `MAX_CANDIDATES`, because one of many is as good as a guess. What cannot be found is
an external node: it has a name and no file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from krepis.server.index import Facts, Relation, RelationKind
from krepis.server.store.truth import Hit, number_of

MAX_CANDIDATES: Final = 4
EXTERNAL: Final = ""
"""The path of what is in no file."""
_SUFFIX: Final = (".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs")
_TYPES: Final = frozenset({"class", "interface", "type", "enum", "namespace"})

Lookup = Callable[[str], Sequence[Hit]]


class Node(NamedTuple):
    """An end of an edge: `path` is EXTERNAL for what no file defines, then `qualified` is its name."""

    path: str
    qualified: str

    @property
    def number(self) -> int:
        return number_of(self.path, self.qualified)


class Edge(NamedTuple):
    kind: RelationKind
    source: Node
    target: Node
    line: int
    """Of the file that says so: the source's, but the target's for has-implementation."""


def edges(path: str, facts: Facts, lookup: Lookup) -> Iterator[Edge]:
    """All edges that a file's relations stand for."""
    for relation in facts.relations:
        yield from edges_of(path, relation, lookup)


def edges_of(path: str, relation: Relation, lookup: Lookup) -> Iterator[Edge]:
    here = Node(path, relation.source)
    for there in _targets(path, relation, lookup):
        if relation.kind == "has-implementation":
            yield Edge(relation.kind, there, here, relation.line)
        else:
            yield Edge(relation.kind, here, there, relation.line)


def _targets(path: str, relation: Relation, lookup: Lookup) -> list[Node]:
    where = relation.where
    if where.startswith("#"):
        return [Node(path, where[1:])]
    hits = [hit for hit in lookup(relation.target) if _suits(hit, relation.kind)] if where else []
    if where == ".":
        hits = [hit for hit in hits if hit.symbol.container]
    elif where.startswith(".") and not where.startswith(("./", "..")):
        hits = [hit for hit in hits if hit.symbol.container.rsplit(".", 1)[-1] == where[1:]]
    elif where:
        hits = _imported(path, where, hits, relation.target, lookup)
    if 0 < len(hits) <= MAX_CANDIDATES:
        return [Node(hit.path, hit.symbol.qualified) for hit in hits]
    return [Node(EXTERNAL, relation.target)]


def _suits(hit: Hit, kind: RelationKind) -> bool:
    if kind in ("extends", "implements"):
        return hit.symbol.kind in _TYPES
    return kind == "imports" or hit.symbol.kind not in ("module", "route", "type")


def _imported(path: str, module: str, hits: Sequence[Hit], name: str, lookup: Lookup) -> list[Hit]:
    exported = [hit for hit in hits if hit.symbol.exported and not hit.symbol.container]
    if not module.startswith("."):  # a package, unless it looks like an alias or a package of this workspace
        return exported if module.startswith(("@", "~", "#")) and len(exported) == 1 else []
    wanted = posixpath.normpath(posixpath.join(posixpath.dirname(path), _bare(module)))
    within = [hit for hit in exported if _is_module(hit.path, wanted)]
    if within:
        return within
    default = [hit for hit in lookup("default") if _is_module(hit.path, wanted)]
    return default or exported  # re-exported by a barrel, or a default import


def _is_module(path: str, wanted: str) -> bool:
    bare = _bare(path)
    return bare == wanted or bare == f"{wanted}/index"


def _bare(path: str) -> str:
    for suffix in _SUFFIX:
        if path.endswith(suffix):
            return path.removesuffix(suffix)
    return path
