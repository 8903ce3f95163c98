"""Syntax trees of open documents: incremental parsing, and the problems that a parse shows.

tree-sitter counts rows at LF only, so its points are computed from bytes and used for nothing but itself;
everybody else measures in byte offsets. A parse never fails; where the grammar does not know better, the tree
has ERROR and MISSING nodes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from krepis.server.lsp.document import Document, Splice
from krepis.twin.typescript.syntax import grammar
from tree_sitter import Node, Parser, Point, Tree

MAX_PROBLEMS = 20
"""Syntax problems that are shown of one file; those after the first few follow from them."""


@cache
def _parser(dialect: str) -> Parser:
    return Parser(grammar(dialect).language)


def parse(doc: Document, dialect: str) -> Tree:
    """The tree of a document."""
    return _parser(dialect).parse(doc.source)


def reparse(tree: Tree, old: Document, new: Document, splice: Splice, dialect: str) -> Tree:
    """The tree of `new`, which is `old` (of which `tree` is) after `splice`; only what changed is parsed."""
    tree.edit(
        splice.start, splice.old_end, splice.new_end,
        _point(old, splice.start), _point(old, splice.old_end), _point(new, splice.new_end),
    )  # fmt: skip
    return _parser(dialect).parse(new.source, tree)


def _point(doc: Document, offset: int) -> Point:
    before = doc.source.rfind(b"\n", 0, offset)
    return Point(doc.source.count(b"\n", 0, offset), offset - before - 1)


def problems(tree: Tree) -> Iterator[tuple[int, int, str]]:
    """Bytes `start` to `end` cannot be read, and why: the outermost errors, in order."""
    found = 0
    pending = [tree.root_node]
    while pending and found < MAX_PROBLEMS:
        node = pending.pop()
        if node.is_missing:
            yield node.start_byte, node.end_byte, f"{_shown(node)} is missing here"
        elif node.is_error and node.parent is not None:
            yield node.start_byte, node.end_byte, "this is not the TypeScript that Krepis reads"
        else:
            pending += reversed([child for child in node.children if child.has_error])
            continue
        found += 1


def _shown(node: Node) -> str:
    return f"a {node.type.replace('_', ' ')}" if node.is_named else f"`{node.type}`"
