"""Which tier a question is for: an exact name (LMDB), a relation (Kuzu), or a meaning (vectors).

A question is a relation when it matches one of a few phrasings with one name in it ("who calls transfer",
"callers of Wallet.credit", "what does checkout await", "implementations of Ledger"). It is a name when it is
written like one and the store knows it; a name with a `*` at its end asks for a prefix. All else is fuzzy.
"""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from krepis.server.index import RelationKind
from krepis.server.store.store import Direction


class Exact(NamedTuple):
    name: str


class Prefix(NamedTuple):
    text: str


class Relational(NamedTuple):
    kind: RelationKind
    direction: Direction
    name: str
    depth: int


class Fuzzy(NamedTuple):
    text: str


Question = Exact | Prefix | Relational | Fuzzy
TIERS: Final[dict[type[Question], Literal["symbols", "relations", "meaning"]]] = {
    Exact: "symbols",
    Prefix: "symbols",
    Relational: "relations",
    Fuzzy: "meaning",
}
DEEP: Final = 3
"""Steps that "indirectly" means."""

_NAME: Final = r"[`'\"]?(?P<name>(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|ALL) /\S*|[#\w$.~]+)[`'\"]?(?:\(\))?"
_WHO: Final = r"(?:who|what|which(?: \w+)?|everything that|everyone who)"
_VERBS: Final[dict[str, RelationKind]] = {
    r"calls?|invokes?|uses?": "calls",
    r"reads?": "reads",
    r"writes?(?: to)?|changes?|modif(?:y|ies)|updates?|mutates?": "writes",
    r"awaits?": "awaits",
    r"locks?|holds?|takes?": "locks",
    r"extends?|inherits?(?: from)?": "extends",
    r"implements?": "implements",
    r"imports?": "imports",
    r"defines?|declares?|contains?": "defines",
    r"handles?|serves?": "handles-route",
}
_NOUNS: Final[dict[str, tuple[RelationKind, Direction]]] = {
    r"callers": ("calls", "in"),
    r"callees": ("calls", "out"),
    r"readers": ("reads", "in"),
    r"writers": ("writes", "in"),
    r"subclasses": ("extends", "in"),
    r"implementations?|implementers|implementors": ("has-implementation", "out"),
    r"importers": ("imports", "in"),
    r"imports": ("imports", "out"),
    r"members": ("defines", "out"),
}
_SIMPLE: Final = re.compile(r"[#\w$]+(?:\.[#\w$]+)*")


def _patterns() -> list[tuple[re.Pattern[str], RelationKind, Direction]]:
    made: list[tuple[re.Pattern[str], RelationKind, Direction]] = []
    for verb, kind in _VERBS.items():
        made.append((re.compile(rf"{_WHO} (?:{verb}) {_NAME}", re.I), kind, "in"))
        made.append((re.compile(rf"(?:what|who|which \w+) (?:does|do) {_NAME} (?:{verb})", re.I), kind, "out"))
        made.append((re.compile(rf"(?:what|who) (?:is|are) (?:{kind[:4]}\w*) by {_NAME}", re.I), kind, "out"))
    for noun, (kind, direction) in _NOUNS.items():
        made.append((re.compile(rf"(?:the |all )*(?:{noun}) of {_NAME}", re.I), kind, direction))
    return made


_PATTERNS: Final = _patterns()


def classify(question: str, known: bool) -> Question:
    """What is asked; `known` says whether the store has a symbol of exactly this text as its name."""
    text = " ".join(question.split()).rstrip("?").strip()
    if known:
        return Exact(text)
    plain = re.sub(r"\b(?:indirectly|transitively|eventually)\b ?", "", text, flags=re.I).strip()
    for pattern, kind, direction in _PATTERNS:
        match = pattern.fullmatch(plain)
        if match:
            return Relational(kind, direction, match["name"], DEEP if plain != text else 1)
    if text.endswith("*") and _SIMPLE.fullmatch(text[:-1]):
        return Prefix(text[:-1])
    return Fuzzy(text)
