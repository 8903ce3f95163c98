"""Shadow tags: what a function's JSDoc would say if somebody had written it, derived from its relations.

The words are those of the code itself (the name's words, what is awaited, changed, locked); nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from krepis.server.index.model import CALLABLE, Relation
from krepis.twin.typescript.lexicon import Verb, classify, words

_SHOWN: Final = 4
_EFFECTS: Final = frozenset({Verb.EFFECT, Verb.WRITE, Verb.DELETE})
_CONTAINERS: Final = frozenset({".Map", ".Set", ".WeakMap", ".WeakSet", ".Array"})


def effects(relations: Iterable[Relation]) -> tuple[str, ...]:
    """Calls out of the file whose verb says that they change something."""
    return _distinct(
        relation.target
        for relation in relations
        if relation.kind == "calls"
        and not relation.where.startswith("#")
        and relation.where not in _CONTAINERS
        and classify(relation.target) in _EFFECTS
    )


def shared(relations: Iterable[Relation]) -> tuple[str, ...]:
    """State outside of the call that is read or written, as `this.balances` is."""
    return _distinct(relation.where.removeprefix("#") for relation in relations if relation.kind in ("reads", "writes"))


def locks(relations: Iterable[Relation]) -> tuple[str, ...]:
    return _distinct(relation.target for relation in relations if relation.kind == "locks")


def summary(kind: str, name: str, container: str, relations: Sequence[Relation]) -> str:
    """One sentence: the name's words, and what the body awaits, changes and locks."""
    phrase = " ".join(words(name)) or name
    where = f" of {container}" if container else ""
    if kind not in CALLABLE:
        return f"{kind} {phrase}{where}"
    parts = [f"{phrase}{where}"]
    for verb, wanted in (("awaits", "awaits"), ("writes", "writes"), ("locks", "locks")):
        names = _distinct(relation.target for relation in relations if relation.kind == wanted)
        if names:
            parts.append(f"{verb} {', '.join(names[:_SHOWN])}{' …' if len(names) > _SHOWN else ''}")
    return "; ".join(parts)


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))
