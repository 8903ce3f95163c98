"""What all translations of expressions share.

Every function takes the writer and a node and returns self-delimited Python text whose evaluation order is
JavaScript's.  What needs several steps becomes a tuple of assignment expressions, its value the last item.
"""

from __future__ import annotations

from krepis.twin.typescript.lowering._emit import MAX_DEPTH, Gen, TooDeepError
from krepis.twin.typescript.lowering._text import property_name, string_value
from tree_sitter import Node

SPILL = 16
"""Steps of a long chain before its value goes to a temporary: Python limits the nesting of parentheses."""


def expr(g: Gen, node: Node) -> str:
    """Any expression."""
    g.depth += 1
    if g.depth > MAX_DEPTH:
        raise TooDeepError
    text = g.expressions.get(g.kinds[node.kind_id], unknown)(g, node)
    g.depth -= 1
    return text


def sequence(parts: list[str]) -> str:
    """Evaluate in order; the value of the last."""
    if len(parts) == 1:
        return parts[0]
    return "(" + ", ".join(parts) + ")[-1]"


def first_child(g: Gen, node: Node) -> Node | None:
    """The first named child that is not a comment."""
    for child in node.named_children:
        if g.kinds[child.kind_id] != "comment":
            return child
    return None


def named(g: Gen, node: Node) -> list[Node]:
    """The named children without comments."""
    return [child for child in node.named_children if g.kinds[child.kind_id] != "comment"]


def key_of(g: Gen, node: Node) -> str:
    """A property key: a Python str when static, else the value of the expression."""
    name = property_name(g.source, g.kinds, node)
    if name is not None:
        return ascii(name)
    if g.kinds[node.kind_id] == "computed_property_name":
        inner = first_child(g, node)
        return expr(g, inner) if inner is not None else "UNDEFINED"
    return expr(g, node)


def index_of(g: Gen, node: Node) -> str:
    """The key of `o[index]`."""
    value = string_value(g.source, g.kinds, node)
    return ascii(value) if value is not None else expr(g, node)


def arguments(g: Gen, node: Node | None) -> str:
    """A Python list of argument or element values."""
    if node is None:
        return "[]"
    return elements(g, named(g, node))


def elements(g: Gen, nodes: list[Node]) -> str:
    if any(g.kinds[child.kind_id] == "spread_element" for child in nodes):
        parts = []
        for child in nodes:
            if g.kinds[child.kind_id] == "spread_element":
                inner = first_child(g, child)
                parts.append(f"(1, {expr(g, inner) if inner is not None else 'UNDEFINED'})")
            else:
                parts.append(f"(0, {expr(g, child)})")
        return f"R.spread([{', '.join(parts)}], {g.site(nodes[0])})"
    return "[" + ", ".join([expr(g, child) for child in nodes]) + "]"


def unknown(g: Gen, node: Node) -> str:
    g.problem(node, f"this expression is not supported ({g.kinds[node.kind_id]})")
    return "UNDEFINED"


def optional(node: Node | None, g: Gen) -> str:
    return expr(g, node) if node is not None else "UNDEFINED"


def wrapped(g: Gen, node: Node) -> str:
    return optional(first_child(g, node), g)


def link_key(g: Gen, kind: str, link: Node) -> str:
    if kind == "member_expression":
        name = link.child_by_field_id(g.fields.property)
        return ascii(g.a.name(name)) if name is not None else "''"
    index = link.child_by_field_id(g.fields.index)
    return index_of(g, index) if index is not None else "UNDEFINED"


def template_parts(g: Gen, node: Node) -> tuple[list[str], list[str]]:
    """The raw texts between substitutions, and the substitutions."""
    strings: list[str] = []
    values: list[str] = []
    position = node.start_byte + 1
    for child in node.named_children:
        if g.kinds[child.kind_id] == "template_substitution":
            strings.append(g.source[position : child.start_byte].decode("utf-8", "replace"))
            inner = first_child(g, child)
            values.append(optional(inner, g))
            position = child.end_byte
    strings.append(g.source[position : max(position, node.end_byte - 1)].decode("utf-8", "replace"))
    return [part.replace("\r\n", "\n") for part in strings], values
