"""The relation tier: Kuzu, and the only module that knows of it (its fork `ladybug` has the same interface).

A graph is an immutable file made from one generation of the truth by bulk copy, and opened for reading only. So
there is no lock to wait for, no write that can be torn, and no second write path to keep equal to the first:
one table of nodes, one table of edges per kind. Nodes are numbers (see `truth.number_of`); only what no file
defines carries its name here.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

import kuzu
from krepis.server.index import RelationKind
from krepis.server.index.model import RELATION_KINDS
from krepis.server.store.errors import StoreError
from krepis.server.store.resolve import EXTERNAL, Edge, Node

_POOL_BYTES: Final = 128 << 20
_BUILD_POOL_BYTES: Final = 1 << 30
_THREADS: Final = 2

_EDGES: Final = {
    "in": "MATCH (b:Symbol {{id: $id}})<-[r:{table}]-(a:Symbol) RETURN a.id, a.name, r.line",
    "out": "MATCH (b:Symbol {{id: $id}})-[r:{table}]->(a:Symbol) RETURN a.id, a.name, r.line",
}
_REACHED: Final = {
    "in": "MATCH (b:Symbol {{id: $id}})<-[r:{table}* SHORTEST 1..{depth}]-(a:Symbol) RETURN a.id, a.name, length(r)",
    "out": "MATCH (b:Symbol {{id: $id}})-[r:{table}* SHORTEST 1..{depth}]->(a:Symbol) RETURN a.id, a.name, length(r)",
}


class Neighbour(NamedTuple):
    """The other end of an edge: a number, a name if no file defines it, and the line or the distance."""

    number: int
    name: str
    value: int


class Graph:
    """An open graph file."""

    def __init__(self, file: Path) -> None:
        """Raises StoreError."""
        try:
            self._database = kuzu.Database(
                str(file), read_only=True, buffer_pool_size=_POOL_BYTES, max_num_threads=_THREADS
            )
            self._connection = kuzu.Connection(self._database, num_threads=_THREADS)
        except (RuntimeError, OSError, IndexError) as error:
            raise StoreError(f"cannot read the graph {str(file)!r}: {error}") from error
        self._lock = threading.Lock()

    def edges(self, number: int, kind: RelationKind, direction: str) -> list[Neighbour]:
        return self._ask(_EDGES[direction].format(table=_table(kind)), number)

    def reached(self, number: int, kind: RelationKind, direction: str, depth: int) -> list[Neighbour]:
        """All nodes within `depth` steps, each with its distance."""
        return self._ask(_REACHED[direction].format(table=_table(kind), depth=depth), number)

    def _ask(self, query: str, number: int) -> list[Neighbour]:
        with self._lock:
            result = self._connection.execute(query, {"id": number})
            assert isinstance(result, kuzu.QueryResult)
            return [Neighbour(*row) for row in result.get_all()]

    def close(self) -> None:
        self._connection.close()
        self._database.close()


def build(file: Path, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
    """Make the graph file. Raises StoreError or OSError; then there may be a part of it, which is not a graph."""
    scratch = Path(tempfile.mkdtemp(dir=file.parent, prefix=f"{file.name}-"))
    try:
        _write(scratch, nodes, edges)
        _copy(file, scratch)
    except RuntimeError as error:
        raise StoreError(f"cannot make the graph {str(file)!r}: {error}") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write(scratch: Path, nodes: Iterable[Node], edges: Iterable[Edge]) -> None:
    names = {node.number: "" for node in nodes}
    outputs = {kind: (scratch / f"{_table(kind)}.csv").open("w", newline="") for kind in RELATION_KINDS}
    try:
        for edge in edges:
            for node in (edge.source, edge.target):
                names.setdefault(node.number, node.qualified if node.path == EXTERNAL else "")
            outputs[edge.kind].write(f"{edge.source.number},{edge.target.number},{edge.line}\n")
    finally:
        for output in outputs.values():
            output.close()
    with (scratch / "Symbol.csv").open("w", newline="", encoding="utf-8", errors="replace") as stream:
        csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC).writerows(
            (number, " ".join(name.split())) for number, name in names.items()
        )


def _copy(file: Path, scratch: Path) -> None:
    database = kuzu.Database(str(file), buffer_pool_size=_BUILD_POOL_BYTES, max_num_threads=_THREADS)
    connection = kuzu.Connection(database, num_threads=_THREADS)
    try:
        connection.execute("CREATE NODE TABLE Symbol(id INT64 PRIMARY KEY, name STRING)")
        for kind in RELATION_KINDS:
            connection.execute(f"CREATE REL TABLE {_table(kind)}(FROM Symbol TO Symbol, line INT32)")
        for source in sorted(scratch.iterdir(), key=lambda path: path.stem != "Symbol"):
            if source.stat().st_size:
                connection.execute(f"COPY {source.stem} FROM '{source}' (HEADER=false, PARALLEL=false)")
        connection.execute("CHECKPOINT")
    finally:
        connection.close()
        database.close()


def _table(kind: RelationKind) -> str:
    return "r_" + kind.replace("-", "_")
