"""Member access, calls, `?.`, `new`."""

from __future__ import annotations

from krepis.twin.typescript.code import TypeRef
from krepis.twin.typescript.lowering._common import (
    SPILL,
    arguments,
    expr,
    first_child,
    link_key,
    named,
    optional,
    sequence,
    template_parts,
)
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._scope import MEMBERS, WRAPPERS
from krepis.twin.typescript.lowering._text import string_value, unescape
from tree_sitter import Node

_CHAIN = frozenset({"call_expression", "member_expression", "subscript_expression"})
_PREFIX = frozenset({"await_expression", "unary_expression"})
UNARY = {"'!": "not_", "'-": "neg", "'+": "pos", "'~": "bitnot", "'typeof": "typeof"}


def chain_value(g: Gen, node: Node) -> str:
    return chain(g, node)


def chain(g: Gen, node: Node, *, deleting: bool = False) -> str:
    """A chain of member accesses and calls, with `?.` cutting off everything after it."""
    kinds = g.kinds
    fields = g.fields
    links: list[tuple[str, Node]] = []
    prefixes: list[Node] = []
    current = node
    while True:
        kind = kinds[current.kind_id]
        if kind in _CHAIN:
            inner = current.child_by_field_id(fields.function if kind == "call_expression" else fields.object)
            links.append((kind, current))
        elif kind == "non_null_expression":
            inner = first_child(g, current)
        elif kind in WRAPPERS and links and links[-1][0] == "call_expression":
            inside = g.a.unwrap(current)
            if kinds[inside.kind_id] not in MEMBERS:
                break
            inner = inside
        elif kind in _PREFIX and links and links[-1][1].child_by_field_id(fields.type_arguments) is not None:
            # The grammar reads `await f<T>(x)` as `(await f)<T>(x)`: the prefix belongs to the whole chain.
            prefixes.append(current)
            inner = first_child(g, current)
        else:
            break
        if inner is None:
            return "UNDEFINED"
        current = inner
    links.reverse()
    nothing = "True" if deleting else "UNDEFINED"
    text, at = _chain_start(g, kinds[current.kind_id], current, links)
    done: list[str] = []
    prefix = ""
    weight = 0
    while at < len(links):
        kind, link = links[at]
        site = g.site(link)
        weight += 1
        if weight > SPILL and not prefix:
            name = g.tmp()
            done.append(f"{name} := {text}")
            text = name
            weight = 0
        if kind == "call_expression":
            if _is_optional_call(g, link):
                name = g.tmp()
                prefix += f"{nothing} if R.nullish(({name} := {text}), {site}) else "
                text = name
            text = _call(g, link, text, "UNDEFINED", site)
            at += 1
            continue
        if link.child_by_field_id(fields.optional_chain) is not None:
            name = g.tmp()
            prefix += f"{nothing} if R.nullish(({name} := {text}), {site}) else "
            text = name
        key = link_key(g, kind, link)
        if at + 1 < len(links) and links[at + 1][0] == "call_expression":
            call = links[at + 1][1]
            site = g.site(call)
            template = _is_template_call(g, call)
            if _is_optional_call(g, call) or template:
                receiver, function = g.tmp(), g.tmp()
                fetch = f"({function} := R.get(({receiver} := {text}), {key}, {site}))"
                if template:
                    text = _call(g, call, fetch, receiver, site)
                else:
                    prefix += f"{nothing} if R.nullish({fetch}, {site}) else "
                    text = _call(g, call, function, receiver, site)
            else:
                given = arguments(g, call.child_by_field_id(fields.arguments))
                text = f"R.callm({text}, {key}, {given}, {site})"
            at += 2
            continue
        operation = "delete" if deleting and at == len(links) - 1 else "get"
        text = f"R.{operation}({text}, {key}, {site})"
        at += 1
    if prefix:
        text = f"({prefix}{text})"
    text = sequence([*done, text]) if done else text
    for outer in reversed(prefixes):
        text = _prefixed(g, outer, text)
    return text


def _prefixed(g: Gen, node: Node, text: str) -> str:
    """`await text`, `!text` and the like."""
    operator = node.child_by_field_id(g.fields.operator)
    if operator is None:
        g.yields = True
        return f"(yield (0, {text}, {g.site(node)}))"
    operation = UNARY.get(g.kinds[operator.kind_id])
    return f"R.{operation}({text}, {g.site(node)})" if operation is not None else f"R.void({text})"


def _chain_start(g: Gen, kind: str, base: Node, links: list[tuple[str, Node]]) -> tuple[str, int]:
    """The value that a chain starts from, and how many links it took."""
    if not links:
        return expr(g, base), 0
    first_kind, first = links[0]
    fields = g.fields
    if kind == "super":
        site = g.site(first)
        if first_kind == "call_expression":
            given = arguments(g, first.child_by_field_id(fields.arguments))
            return f"R.supercall(fn, this, {given}, nt, {site})", 1
        key = link_key(g, first_kind, first)
        if len(links) > 1 and links[1][0] == "call_expression" and not _is_template_call(g, links[1][1]):
            call = links[1][1]
            given = arguments(g, call.child_by_field_id(fields.arguments))
            return f"R.supermethod(fn, this, {key}, {given}, {g.site(call)})", 2
        return f"R.superget(fn, this, {key}, {site})", 1
    if first_kind == "call_expression":
        given_nodes = first.child_by_field_id(fields.arguments)
        if kind == "new_expression" and base.child_by_field_id(fields.arguments) is None:
            # The grammar reads `new x!(y)` as `(new x)!(y)`.
            callee = optional(base.child_by_field_id(fields.constructor), g)
            return f"R.new({callee}, {arguments(g, given_nodes)}, {g.site(first)}, None)", 1
        nodes = named(g, given_nodes) if given_nodes is not None else []
        if kind == "import" and nodes:
            return f"R.import_({expr(g, nodes[0])}, {g.site(first)})", 1
        if kind == "identifier" and len(nodes) == 1 and g.bind.get(base.start_byte) is None:
            specifier = string_value(g.source, g.kinds, nodes[0])
            if specifier is not None and g.text(base) == "require":
                return f"R.require({specifier!a}, {g.site(first)})", 1
    return expr(g, base), 0


def _is_optional_call(g: Gen, call: Node) -> bool:
    return call.child_count > 2 and any(g.kinds[child.kind_id] == "'?." for child in call.children)


def _is_template_call(g: Gen, call: Node) -> bool:
    given = call.child_by_field_id(g.fields.arguments)
    return given is not None and g.kinds[given.kind_id] == "template_string"


def _call(g: Gen, call: Node, function: str, this: str, site: int) -> str:
    given = call.child_by_field_id(g.fields.arguments)
    if given is not None and g.kinds[given.kind_id] == "template_string":
        strings, values = template_parts(g, given)
        cooked = ", ".join(ascii(unescape(part)) for part in strings)
        raw = ", ".join(ascii(part) for part in strings)
        return f"R.tagged({function}, {this}, [{cooked}], [{raw}], [{', '.join(values)}], {site})"
    return f"R.call({function}, {this}, {arguments(g, given)}, {site})"


def new(g: Gen, node: Node) -> str:
    fields = g.fields
    constructor = node.child_by_field_id(fields.constructor)
    given_types = node.child_by_field_id(fields.type_arguments)
    number: int | None = None
    if given_types is not None and constructor is not None:
        name = "".join(g.text(constructor).split())
        types = g.a.types.arguments(given_types)
        number = g.type_number(TypeRef(name, types, text=name + g.text(given_types)))
    callee = optional(constructor, g)
    given = arguments(g, node.child_by_field_id(fields.arguments))
    return f"R.new({callee}, {given}, {g.site(node)}, {number})"
