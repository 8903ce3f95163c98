"""Answer a question with the tier that it is for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from krepis.server.store.classify import Exact, Fuzzy, Prefix, Question, Relational, classify
from krepis.server.store.resolve import Edge, Node
from krepis.server.store.store import Store
from krepis.server.store.truth import Hit

DEFAULT_LIMIT: Final = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """`symbols` (with `scores` when found by meaning), or `edges` of a relation, or what an indirect one `reached`."""

    question: Question
    symbols: tuple[Hit, ...] = ()
    edges: tuple[Edge, ...] = ()
    reached: tuple[tuple[Node, int], ...] = ()
    scores: tuple[float, ...] = field(default=())


def ask(store: Store, text: str, limit: int = DEFAULT_LIMIT) -> Answer:
    question = classify(text, known=bool(store.symbol(text)))
    match question:
        case Exact(name):
            return Answer(question, store.symbol(name)[:limit])
        case Prefix(start):
            return Answer(question, store.prefix(start, limit))
        case Relational(kind, direction, name, 1):
            return Answer(question, edges=store.relations(name, kind, direction)[:limit])
        case Relational(kind, direction, name, depth):
            return Answer(question, reached=store.reached(name, kind, direction, depth)[:limit])
        case Fuzzy(meaning):
            found = store.similar(meaning, limit)
            return Answer(question, tuple(hit for hit, _ in found), scores=tuple(score for _, score in found))


def body(hit: Hit, root: Path) -> str:
    """The text of a symbol as its file has it now; nothing when the file cannot be read."""
    try:
        lines = (root / hit.path).read_bytes().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    line, _, end_line, _ = hit.symbol.span
    return "\n".join(lines[line - 1 : end_line])
