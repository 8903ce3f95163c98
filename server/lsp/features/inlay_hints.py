"""Inlay hints at suspension points: after each `await`, `for await` and `yield` of an async generator, others can run.

Off by default. They come from the syntax tree alone, so they are right while typing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Final

from krepis.server.lsp.document import Document, Encoding, clamp, point_at
from krepis.server.lsp.state import path_of
from krepis.twin.typescript.syntax import grammar
from lsprotocol import types
from tree_sitter import Node, Query, QueryCursor, Tree

if TYPE_CHECKING:
    from krepis.server.lsp.server import KrepisServer

MARK: Final = "⇄"
TOOLTIP: Final = "Other calls can run here before this one goes on: what was read before may be stale after it."
_SUSPENDING: Final = '(await_expression) @point (yield_expression) @yield (for_in_statement "await" @point)'
_FUNCTIONS: Final = frozenset({
    "function_declaration", "function_expression", "generator_function", "generator_function_declaration",
    "method_definition", "arrow_function",
})  # fmt: skip


def inlay_hints(server: KrepisServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """textDocument/inlayHint."""
    opened = server.state.find(params.text_document.uri)
    project = server.state.project_of(path_of(params.text_document.uri))
    if opened is None or opened.tree is None or project is None or not project.settings.inlay_hints:
        return []
    start, end = (_offset(opened.doc, p, server.state.encoding) for p in (params.range.start, params.range.end))
    hints = []
    for offset in suspension_points(opened.tree, opened.dialect, start, end):
        position = types.Position(*point_at(opened.doc, offset, server.state.encoding))
        hints.append(types.InlayHint(position, MARK, tooltip=TOOLTIP, padding_left=True))
    return hints


def suspension_points(tree: Tree, dialect: str, start: int, end: int) -> Iterator[int]:
    """Offsets in bytes, from `start` to `end`, where the function around waits."""
    cursor = QueryCursor(_query(dialect))
    cursor.set_byte_range(start, end)
    found = cursor.captures(tree.root_node)
    offsets = {node.end_byte for node in found.get("point", ())}
    offsets |= {node.end_byte for node in found.get("yield", ()) if _in_async(node)}
    yield from sorted(offset for offset in offsets if start <= offset <= end)


def _in_async(node: Node) -> bool:
    around = node.parent
    while around is not None and around.type not in _FUNCTIONS:
        around = around.parent
    return around is not None and any(child.type == "async" for child in around.children)


@cache
def _query(dialect: str) -> Query:
    return Query(grammar(dialect).language, _SUSPENDING)


def _offset(doc: Document, position: types.Position, encoding: Encoding) -> int:
    line, column = clamp(doc, (position.line, position.character), encoding)
    return sum(map(len, islice(doc.lines, line))) + column
