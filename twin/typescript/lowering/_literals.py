"""Literals with parts: arrays, objects, functions, classes, JSX, enums."""

from __future__ import annotations

from collections.abc import Callable

from krepis.twin.typescript.lowering._common import (
    expr,
    first_child,
    key_of,
    named,
    optional,
    sequence,
    wrapped,
)
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._scope import MEMBERS
from krepis.twin.typescript.lowering._text import (
    number_text,
    number_value,
    property_name,
    string_value,
    unescape,
)
from tree_sitter import Node


def array_literal(g: Gen, node: Node) -> str:
    nodes: list[str] = []
    spread = False
    pending = True
    for child in node.children:
        kind = g.kinds[child.kind_id]
        if kind == "',":
            if pending:
                nodes.append("(0, UNDEFINED)" if spread else "UNDEFINED")
            pending = True
        elif kind == "spread_element":
            if not spread:
                spread = True
                nodes = [f"(0, {item})" for item in nodes]
            nodes.append(f"(1, {wrapped(g, child)})")
            pending = False
        elif child.is_named and kind != "comment":
            value = expr(g, child)
            nodes.append(f"(0, {value})" if spread else value)
            pending = False
    site = g.site(node)
    if spread:
        return f"R.arr(R.spread([{', '.join(nodes)}], {site}), {site})"
    return f"R.arr([{', '.join(nodes)}], {site})"


def object_literal(g: Gen, node: Node) -> str:
    fields = g.fields
    entries: list[str] = []
    prototype = ""
    for child in named(g, node):
        kind = g.kinds[child.kind_id]
        site = g.site(child)
        if kind == "pair":
            key = child.child_by_field_id(fields.key)
            if key is None:
                continue
            text = key_of(g, key)
            if text == "'__proto__'" and g.kinds[key.kind_id] != "computed_property_name":
                prototype = optional(child.child_by_field_id(fields.value), g)
                continue
            entries.append(f"(0, {text}, {optional(child.child_by_field_id(fields.value), g)}, {site})")
        elif kind == "shorthand_property_identifier":
            entries.append(f"(0, {g.text(child)!a}, {expr(g, child)}, {site})")
        elif kind == "spread_element":
            entries.append(f"(1, {wrapped(g, child)}, {site})")
        elif kind == "method_definition":
            info = g.a.functions.get(child.id)
            name = child.child_by_field_id(fields.name)
            if info is None or name is None:
                continue
            code = {"getter": 2, "setter": 3}.get(info.code.kind, 0)
            value = f"R.method({info.code.index}, {g.environment(info)}, None, fn)"
            entries.append(f"({code}, {key_of(g, name)}, {value}, {site})")
    site = g.site(node)
    text = f"R.objlit([{', '.join(entries)}], {site})" if entries else f"R.obj({site})"
    if prototype:
        return f"R.callm(R.glob('Object', {site}), 'setPrototypeOf', [{text}, {prototype}], {site})"
    return text


def function_value(g: Gen, node: Node) -> str:
    """A function or arrow expression."""
    info = g.a.functions.get(node.id)
    if info is None:
        return "UNDEFINED"
    code = info.code
    if code.kind == "arrow":
        return f"R.arrow({code.index}, {g.environment(info)}, this, fn, nt)"
    value = f"R.func({code.index}, {g.environment(info)}, fn)"
    var = info.self_var
    if var is None or not var.cell:
        return value
    name = g.tmp()
    cell = f"({var.ref} := R.cell({var.name!a}, {g.site(node)}))"
    return f"({cell}, {name} := {value}, R.init({var.ref}, {name}))[1]"


def class_value(g: Gen, node: Node) -> str:
    """A class, as an expression.  Its own cell, if any, is filled before static members run."""
    info = g.a.classes.get(node.id)
    if info is None:
        return "UNDEFINED"
    parent = expr(g, info.heritage) if info.heritage is not None else "NOSUPER"
    var = info.var
    cell = ""
    steps: list[str] = []
    if var is not None and var.cell and var.alias is None:
        if info.own_name:
            steps.append(f"({var.ref} := R.cell({var.name!a}, {g.site(node)}))")
        cell = f", {var.ref}"
    environments = ", ".join(g.environment(function) for function in info.functions)
    keys = ", ".join(key_of(g, key) for key in info.keys)
    text = f"R.class_({info.code.index}, {parent}, [{environments}], [{keys}], fn, this, {g.site(node)}{cell})"
    return sequence([*steps, text])


# ---- JSX


def jsx_element(g: Gen, node: Node) -> str:
    fields = g.fields
    opening = node
    children: list[str] = []
    if g.kinds[node.kind_id] == "jsx_element":
        first = node.named_child(0)
        opening = first if first is not None else node
        for child in node.named_children[1:]:
            kind = g.kinds[child.kind_id]
            if kind == "jsx_text":
                text = " ".join(g.text(child).split())
                if text:
                    children.append(ascii(text))
            elif kind == "jsx_expression":
                inner = first_child(g, child)
                if inner is not None:
                    spread = g.kinds[inner.kind_id] == "spread_element"
                    children.append(wrapped(g, inner) if spread else expr(g, inner))
            elif kind in ("jsx_element", "jsx_self_closing_element"):
                children.append(expr(g, child))
            elif kind == "html_character_reference":
                children.append(ascii(g.text(child)))
    name = opening.child_by_field_id(fields.name)
    tag = "''"
    if name is not None:
        text = g.text(name)
        simple = g.kinds[name.kind_id] == "identifier" and not text[:1].islower()
        member = g.kinds[name.kind_id] in MEMBERS
        tag = expr(g, name) if simple or member else ascii(text)
    attributes: list[str] = []
    for attribute in opening.named_children:
        kind = g.kinds[attribute.kind_id]
        if kind == "jsx_attribute":
            parts = named(g, attribute)
            value = "True"
            if len(parts) > 1:
                inside = first_child(g, parts[1]) if g.kinds[parts[1].kind_id] == "jsx_expression" else parts[1]
                value = optional(inside, g)
            attributes.append(f"({g.text(parts[0])!a}, {value})")
        elif kind == "jsx_expression":
            inner = first_child(g, attribute)
            if inner is not None:
                attributes.append(f"(None, {wrapped(g, inner)})")
    return f"R.jsx({tag}, [{', '.join(attributes)}], [{', '.join(children)}], {g.site(node)})"


# ---- enumerations


def enum_value(g: Gen, node: Node) -> str:
    """An enum object; constant members are computed here."""
    fields = g.fields
    name = node.child_by_field_id(fields.name)
    body = node.child_by_field_id(fields.body)
    enum_name = g.text(name) if name is not None else ""
    known: dict[str, int | float | str] = {}
    entries: list[str] = []
    following: int | float | None = 0
    for child in named(g, body) if body is not None else []:
        assigned = g.kinds[child.kind_id] == "enum_assignment"
        key_node = child.child_by_field_id(fields.name) if assigned else child
        key = property_name(g.source, g.kinds, key_node) if key_node is not None else None
        if key is None:
            continue
        value_node = child.child_by_field_id(fields.value) if assigned else None
        if value_node is None:
            if following is not None:
                known[key] = following
                following += 1
            entries.append(f"({key!a}, None)")
            continue
        value = _constant(g, value_node, enum_name, known)
        following = value + 1 if isinstance(value, (int, float)) else None
        if value is None:
            g.constants = known
            entries.append(f"({key!a}, {expr(g, value_node)})")
            g.constants = {}
        else:
            known[key] = value
            text = ascii(value) if isinstance(value, str) else number_text(value)
            entries.append(f"({key!a}, {text})")
    return f"R.enum({enum_name!a}, [{', '.join(entries)}], {g.site(node)})"


def _constant(
    g: Gen, node: Node, enum_name: str, known: dict[str, int | float | str], depth: int = 0
) -> int | float | str | None:
    """The value of a constant enum expression, None when it is not one."""
    fields = g.fields
    node = g.a.unwrap(node)
    kind = g.kinds[node.kind_id]
    text = g.text(node)
    if depth > 20:
        return None
    if kind == "number":
        return number_value(text)
    if kind == "template_string" and node.named_child_count:
        strings, parts = _template_constants(g, node, enum_name, known, depth)
        if any(part is None for part in parts):
            return None
        return strings[0] + "".join(f"{part}{text}" for part, text in zip(parts, strings[1:], strict=True))
    if kind in ("string", "template_string"):
        return string_value(g.source, g.kinds, node)
    if kind == "identifier":
        return known.get(text)
    if kind in MEMBERS:
        base = node.child_by_field_id(fields.object)
        part = node.child_by_field_id(fields.property) or node.child_by_field_id(fields.index)
        if base is None or part is None or g.text(base) != enum_name:
            return None
        return known.get(property_name(g.source, g.kinds, part) or "")
    operator = node.child_by_field_id(fields.operator)
    token = g.kinds[operator.kind_id] if operator is not None else ""
    if kind == "unary_expression":
        argument = node.child_by_field_id(fields.argument)
        value = _constant(g, argument, enum_name, known, depth + 1) if argument is not None else None
        if not isinstance(value, (int, float)):
            return None
        return {"'-": -value, "'+": value, "'~": ~int(value) if value == value else None}.get(token)
    if kind == "binary_expression":
        sides = [node.child_by_field_id(fields.left), node.child_by_field_id(fields.right)]
        values = [_constant(g, side, enum_name, known, depth + 1) if side else None for side in sides]
        left, right = values
        if isinstance(left, str) or isinstance(right, str):
            if token == "'+" and left is not None and right is not None:
                return f"{left}{right}"
            return None
        if isinstance(left, int) and isinstance(right, int):
            return _fold(token, left, right)
    return None


def _template_constants(
    g: Gen, node: Node, enum_name: str, known: dict[str, int | float | str], depth: int
) -> tuple[list[str], list[int | float | str | None]]:
    """The texts between the substitutions of a template, and the values of those."""
    strings: list[str] = []
    parts: list[int | float | str | None] = []
    position = node.start_byte + 1
    for child in node.named_children:
        if g.kinds[child.kind_id] == "template_substitution":
            strings.append(unescape(g.source[position : child.start_byte].decode("utf-8", "replace")))
            inner = first_child(g, child)
            parts.append(_constant(g, inner, enum_name, known, depth + 1) if inner is not None else None)
            position = child.end_byte
    strings.append(unescape(g.source[position : node.end_byte - 1].decode("utf-8", "replace")))
    return strings, parts


def _fold(token: str, left: int, right: int) -> int | None:
    if token in ("'<<", "'>>") and not 0 <= right < 32:
        return None
    operations: dict[str, Callable[[], int]] = {
        "'+": lambda: left + right,
        "'-": lambda: left - right,
        "'*": lambda: left * right,
        "'|": lambda: left | right,
        "'&": lambda: left & right,
        "'^": lambda: left ^ right,
        "'<<": lambda: ((left << right) + 2**31) % 2**32 - 2**31,
        "'>>": lambda: left >> right,
    }
    operation = operations.get(token)
    return operation() if operation is not None else None
