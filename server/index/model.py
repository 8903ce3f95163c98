"""The facts of a file: plain immutable values, the contract between the parser's side and the store's side.

They are msgspec structs rather than dataclasses because a million of them are made, encoded and decoded:
a frozen struct is made in a fifth of the time, and its encoding is typed and checked when it is read back.
Names of relations are as written in the file; `Relation.where` says what the file alone knows about the target.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

import msgspec

SymbolKind = Literal[
    "module", "namespace", "class", "interface", "type", "enum", "function", "method", "field", "variable", "route"
]
RelationKind = Literal[
    "defines", "calls", "reads", "writes", "awaits", "locks", "extends", "implements", "imports", "handles-route",
    "has-implementation",
]  # fmt: skip
RELATION_KINDS: Final[tuple[RelationKind, ...]] = get_args(RelationKind)
CALLABLE: Final = frozenset({"function", "method", "route"})

Span = tuple[int, int, int, int]
"""(line, column, end line, end column), all from 1, columns in UTF-16 code units."""


class Symbol(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A named thing of a file.

    `qualified` is unique in its file (`Wallet.credit`, and `Wallet.credit~2` for the second one of that name);
    `container` is the qualified name of what encloses it, or nothing. `tags` are the JSDoc tags that Krepis
    reads, `summary`, `effects`, `shared` and `locks` come from them or are derived ("shadow tags").
    """

    kind: SymbolKind
    name: str
    qualified: str
    container: str
    span: Span
    selection: Span
    signature: str
    exported: bool
    is_async: bool
    doc: str
    tags: tuple[tuple[str, str], ...]
    summary: str
    effects: tuple[str, ...]
    shared: tuple[str, ...]
    locks: tuple[str, ...]


class Relation(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """`source` (a qualified name of this file) does something to what is called `target`.

    `where` narrows the target: `#Wallet.credit` that symbol of this file; `.Ledger` a member of something
    declared as Ledger; `.` a member of something unknown; `./pg` or `pg` imported from that module; nothing:
    a global. A `has-implementation` relation is read backwards: its target is implemented by its source.
    """

    kind: RelationKind
    source: str
    target: str
    where: str
    line: int


class Facts(msgspec.Struct, frozen=True, array_like=True):
    """Everything that the index knows of one file; `digest` is of its text. `problem` says what was not understood."""

    digest: bytes
    symbols: tuple[Symbol, ...]
    relations: tuple[Relation, ...]
    problem: str = ""
