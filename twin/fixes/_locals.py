"""The recipe for state that is shared by accident: a field or a variable of the module that one function alone uses.

It holds data of one call between two of its lines. As a local variable, no other call can reach it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._keys import declared
from krepis.twin.fixes._source import Code, Draft, above, function_of, walk, within
from tree_sitter import Node


def make_local(case: Case) -> Iterator[Draft]:
    """Make local what the call writes before it reads it, and nobody else uses."""
    code = case.code
    found = re.fullmatch(r"(this\.)?(#?\w+)", case.read.what if case.read is not None else "")
    function = function_of(case.act.node)
    if found is None or function is None:
        return
    field, name = bool(found[1]), found[2]
    declaration = _declaration(code, name, function, field)
    if declaration is None:
        return
    uses = [n for n in walk(code.root) if _is_use(code, n, name, field) and not within(n, declaration)]
    if not uses or not all(within(n, function) for n in uses):
        return
    local = name.removeprefix("#")
    if field:
        local = code.free_variable(local, f"own{local[:1].upper()}{local[1:]}")
    first = uses[0].parent
    statement = first.parent if first is not None else None
    if first is None or statement is None or statement.type != "expression_statement" or statement.parent is None:
        return
    if first.type != "assignment_expression" or not _written(uses[0]) or any(within(n, first) for n in uses[1:]):
        return
    if not all(within(n, statement.parent) for n in uses):
        return
    owner = next((n for n in above(declaration) if n.type in ("class_declaration", "class")), None)
    title = owner.child_by_field_name("name") if owner is not None else None
    known = f"{code.of(title)}.{name}" if title is not None and field else name
    draft = Draft("make-local", f"Keep {name} in a local variable, which no other call can reach", frozenset({known}))
    _remove(draft, code, declaration)
    keyword = "let" if any(_written(n) for n in uses[1:]) else "const"
    draft.replace(code, uses[0], f"{keyword} {local}")
    for n in uses[1:] if field else ():
        pair = n.parent if n.parent is not None and n.parent.type == "pair" else None
        short = pair is not None and (key := pair.child_by_field_name("key")) is not None and code.of(key) == local
        draft.replace(code, pair if short and pair is not None else n, local)
    yield draft


def _declaration(code: Code, name: str, function: Node, field: bool) -> Node | None:
    """Where a field of the class around a function, or a variable of the module, is declared."""
    if not field:
        return next(
            (
                n
                for n in code.root.named_children
                if n.type == "lexical_declaration" and len(n.named_children) == 1 and declared(code, n) == [name]
            ),
            None,
        )
    body = next((n for n in above(function) if n.type == "class_body"), None)
    for n in body.named_children if body is not None else ():
        key = n.child_by_field_name("name") if n.type == "public_field_definition" else None
        private = name.startswith("#") or code.of(n).startswith("private ")
        if key is not None and code.of(key) == name and private:
            return n
    return None


def _is_use(code: Code, node: Node, name: str, field: bool) -> bool:
    if field:
        return node.type == "member_expression" and code.of(node) == f"this.{name}"
    return node.type in ("identifier", "shorthand_property_identifier") and code.of(node) == name


def _written(node: Node) -> bool:
    parent = node.parent
    return parent is not None and (
        parent.type == "update_expression"
        or (parent.type.endswith("assignment_expression") and parent.child_by_field_name("left") == node)
    )


def _remove(draft: Draft, code: Code, declaration: Node) -> None:
    """Remove a declaration with its line, and the blank line below it that would open the block or double one."""
    start, end = code.start_of_line(declaration), code.end_of_line(declaration)
    before = code.data[:start].rstrip(b" \t")
    following = re.match(rb"[ \t]*\r?\n", code.data[end:])
    if following and before.endswith((b"\n\n", b"\n\r\n", b"{\n", b"{\r\n")):
        end += following.end()
    draft.parts.append((code, start, end, ""))
