"""Names, simple literals, type assertions; and the table of all expressions."""

from __future__ import annotations

from collections.abc import Callable

from krepis.twin.typescript.code import TypeRef
from krepis.twin.typescript.lowering._assignments import assign, augmented
from krepis.twin.typescript.lowering._chains import chain_value, new
from krepis.twin.typescript.lowering._common import (
    expr,
    named,
    template_parts,
    wrapped,
)
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._literals import (
    array_literal,
    class_value,
    function_value,
    jsx_element,
    object_literal,
)
from krepis.twin.typescript.lowering._operators import (
    awaited,
    binary,
    sequence_value,
    ternary,
    unary,
    update_value,
    yielded,
)
from krepis.twin.typescript.lowering._scope import FUNCTIONS
from krepis.twin.typescript.lowering._text import number_text, number_value, unescape
from tree_sitter import Node

_UNTYPED = frozenset({"any", "unknown", "never", "void", "undefined", "null", "const", "string", "number"})
_UNTYPED |= {"boolean", "bigint", "symbol", "literal", "object"}


def _identifier(g: Gen, node: Node) -> str:
    if g.constants and g.text(node) in g.constants:
        constant = g.constants[g.text(node)]
        return ascii(constant) if isinstance(constant, str) else number_text(constant)
    var = g.bind.get(node.start_byte)
    if var is not None:
        if not var.cell and var.alias is None:
            return var.ref
        return g.read(var, g.site(node))
    return f"R.glob({g.text(node)!a}, {g.site(node)})"


def _string(g: Gen, node: Node) -> str:
    return ascii(unescape(g.text(node)[1:-1]))


def _number(g: Gen, node: Node) -> str:
    text = g.text(node)
    if text.endswith("n"):
        digits = text[:-1].replace("_", "")
        try:
            value = int(digits, 0) if digits[:2].lower() in ("0x", "0o", "0b") else int(digits)
        except ValueError:
            return "R.bigint(0)"
        return f"R.bigint({value})" if abs(value) < 10**4000 else "R.bigint(0)"
    number = number_value(text)
    return "UNDEFINED" if number is None else number_text(number)


def _template(g: Gen, node: Node) -> str:
    strings, values = template_parts(g, node)
    if not values:
        return ascii(unescape(strings[0]))
    cooked = ", ".join(ascii(unescape(part)) for part in strings)
    return f"R.tmpl([{cooked}], [{', '.join(values)}], {g.site(node)})"


def _regex(g: Gen, node: Node) -> str:
    flags = node.child_by_field_id(g.fields.flags)
    pattern = node.child_by_field_id(g.fields.pattern)
    return f"R.regex({g.text(pattern) if pattern else ''!a}, {g.text(flags) if flags else ''!a})"


def _meta(g: Gen, node: Node) -> str:
    return "nt" if g.source[node.start_byte : node.start_byte + 3] == b"new" else "R.import_meta()"


def _typed(g: Gen, node: Node) -> str:
    """`e as T`."""
    children = named(g, node)
    if not children:
        return "UNDEFINED"
    value = expr(g, children[0])
    return typed(g, g.a.types.of(children[1]), value) if len(children) > 1 else value


def _asserted(g: Gen, node: Node) -> str:
    """`<T>e`."""
    children = named(g, node)
    if len(children) != 2:
        return "UNDEFINED"
    types = g.a.types.arguments(children[0])
    value = expr(g, children[1])
    return typed(g, types[0], value) if types else value


def typed(g: Gen, ref: TypeRef | None, value: str) -> str:
    """A value with the type that an annotation gives it, where the machine can use it."""
    if ref is None or ref.name in _UNTYPED or value.startswith(("'", "R.func(", "R.arrow(")) or value.isdigit():
        return value
    if ref.name == "|" and all(part.name in _UNTYPED for part in ref.args):
        return value
    return f"R.typed({value}, {g.type_number(ref)})"


def _constant_text(text: str) -> Callable[[Gen, Node], str]:
    return lambda g, node: text


def _key_expression(g: Gen, node: Node) -> str:
    return ascii(g.text(node))


EXPRESSIONS: dict[str, Callable[[Gen, Node], str]] = {
    "identifier": _identifier,
    "shorthand_property_identifier": _identifier,
    "undefined": _constant_text("UNDEFINED"),
    "null": _constant_text("None"),
    "true": _constant_text("True"),
    "false": _constant_text("False"),
    "this": _constant_text("this"),
    "string": _string,
    "number": _number,
    "template_string": _template,
    "regex": _regex,
    "meta_property": _meta,
    "parenthesized_expression": wrapped,
    "non_null_expression": chain_value,
    "satisfies_expression": wrapped,
    "instantiation_expression": wrapped,
    "as_expression": _typed,
    "type_assertion": _asserted,
    "member_expression": chain_value,
    "subscript_expression": chain_value,
    "call_expression": chain_value,
    "new_expression": new,
    "binary_expression": binary,
    "unary_expression": unary,
    "update_expression": update_value,
    "ternary_expression": ternary,
    "sequence_expression": sequence_value,
    "await_expression": awaited,
    "yield_expression": yielded,
    "assignment_expression": assign,
    "augmented_assignment_expression": augmented,
    "array": array_literal,
    "object": object_literal,
    "class": class_value,
    "jsx_element": jsx_element,
    "jsx_self_closing_element": jsx_element,
    "private_property_identifier": _key_expression,
    "nested_identifier": chain_value,
    **dict.fromkeys(FUNCTIONS, function_value),
}
