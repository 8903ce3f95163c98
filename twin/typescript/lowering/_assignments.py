"""Assignments and patterns.

Patterns use two operations: `R.destructure(v, n, rest, s)` gives a list of the first n values of an
iterable, padded with undefined, and one more, the array of all others, if `rest`; `R.rest_obj(o, [keys], s)`
a copy of an object without some keys.  A default is taken when `R.unlikely(R.seq(v, UNDEFINED, s), s)`.
"""

from __future__ import annotations

from krepis.twin.typescript.lowering._common import (
    expr,
    first_child,
    key_of,
    link_key,
    named,
    optional,
    sequence,
    unknown,
)
from krepis.twin.typescript.lowering._emit import MAX_DEPTH, Gen, TooDeepError
from krepis.twin.typescript.lowering._operators import BINARY, logical, place_of
from krepis.twin.typescript.lowering._scope import MEMBERS, NAMES, WRAPPERS
from tree_sitter import Node


def assign(g: Gen, node: Node) -> str:
    left = node.child_by_field_id(g.fields.left)
    right = node.child_by_field_id(g.fields.right)
    if left is None or right is None:
        return "UNDEFINED"
    target = g.a.unwrap(left)
    kind = g.kinds[target.kind_id]
    if kind in ("object_pattern", "array_pattern"):
        value = g.tmp()
        steps = [f"({value} := {expr(g, right)})"]
        bind(g, target, value, steps, None)
        return sequence([*steps, value])
    return assign_to(g, target, node, right)


def assign_to(g: Gen, target: Node, whole: Node, right: Node) -> str:
    """`target = right` for a name or a member."""
    kind = g.kinds[target.kind_id]
    if kind in NAMES:
        value = expr(g, right)
        return store(g, target, value, g.site(whole))
    if kind in MEMBERS:
        base = target.child_by_field_id(g.fields.object)
        is_super = base is not None and g.kinds[base.kind_id] == "super"
        key_first = "fn, this, " if is_super else f"{optional(base, g)}, "
        key = link_key(g, kind, target)
        operation = "superset" if is_super else "set"
        return f"R.{operation}({key_first}{key}, {expr(g, right)}, {g.site(whole)})"
    return sequence([expr(g, right), unknown(g, target)])


def store(g: Gen, name: Node, value: str, site: int) -> str:
    """An assignment to a variable by name."""
    var = g.bind.get(name.start_byte)
    if var is None:
        return f"R.setglob({g.text(name)!a}, {value}, {site})"
    if var.kind == "import":
        return value
    return g.write(var, value, site)


def augmented(g: Gen, node: Node) -> str:
    left = node.child_by_field_id(g.fields.left)
    right = node.child_by_field_id(g.fields.right)
    operator = node.child_by_field_id(g.fields.operator)
    if left is None or right is None or operator is None:
        return "UNDEFINED"
    token = g.kinds[operator.kind_id]
    target = g.a.unwrap(left)
    site = g.site(node)
    if token in ("'&&=", "'||=", "'??="):
        return _logical_assign(g, token, target, right, site)
    place = place_of(g, target)
    operation = BINARY.get(token[:-1])
    if operation is None:
        return unknown(g, node)
    return place.write(f"R.{operation}({place.read}, {expr(g, right)}, {site})")


def _logical_assign(g: Gen, token: str, target: Node, right: Node, site: int) -> str:
    kind = g.kinds[target.kind_id]
    if kind in MEMBERS:
        # The object and the key are evaluated once, by the test, which runs first.
        receiver = optional(target.child_by_field_id(g.fields.object), g)
        again = receiver
        if receiver != "this":
            again = g.tmp()
            receiver = f"({again} := {receiver})"
        key = link_key(g, kind, target)
        key_again = key
        if key[0] not in "'\"" and not key.isdigit():
            key_again = g.tmp()
            key = f"({key_again} := {key})"
        read = f"R.get({receiver}, {key}, {site})"
        write = f"R.set({again}, {key_again}, {expr(g, right)}, {site})"
    else:
        place = place_of(g, target)
        read = place.read
        write = place.write(expr(g, right))
    return logical(g, token, g.tmp(), read, write, site)


# ---- patterns


def bind(g: Gen, pattern: Node, value: str, steps: list[str], declared: str | None) -> None:
    """Append the steps that match a pattern against a value (a name or an expression evaluated once).

    `declared` is None for assignments, else 'let', 'const', 'var' or 'param'.
    """
    g.depth += 1
    if g.depth > MAX_DEPTH:
        raise TooDeepError
    fields = g.fields
    kind = g.kinds[pattern.kind_id]
    if kind in NAMES:
        site = g.site(pattern)
        var = g.bind.get(pattern.start_byte)
        if declared is not None and var is not None:
            steps.append(g.init(var, value, site))
        else:
            steps.append(store(g, pattern, value, site))
    elif kind in ("assignment_pattern", "object_assignment_pattern"):
        left = pattern.child_by_field_id(fields.left)
        right = pattern.child_by_field_id(fields.right)
        if left is not None:
            bind(g, left, with_default(g, value, right), steps, declared)
    elif kind == "object_pattern":
        _bind_object(g, pattern, value, steps, declared)
    elif kind == "array_pattern":
        _bind_array(g, pattern, value, steps, declared)
    elif kind in WRAPPERS:
        bind(g, g.a.unwrap(pattern), value, steps, declared)
    elif kind in MEMBERS:
        base = pattern.child_by_field_id(fields.object)
        key = link_key(g, kind, pattern)
        steps.append(f"R.set({optional(base, g)}, {key}, {value}, {g.site(pattern)})")
    elif kind == "rest_pattern":
        inner = first_child(g, pattern)
        if inner is not None:
            bind(g, inner, value, steps, declared)
    else:
        steps.append(unknown(g, pattern))
    g.depth -= 1


def with_default(g: Gen, value: str, default: Node | None) -> str:
    """The value, or a default when it is undefined."""
    if default is None:
        return value
    name = g.tmp()
    site = g.site(default)
    fallback = expr(g, default)
    test = f"({name} := {value}) is UNDEFINED or R.unlikely(R.seq({name}, UNDEFINED, {site}), {site})"
    return f"({fallback} if {test} else {name})"


def _bind_object(g: Gen, pattern: Node, value: str, steps: list[str], declared: str | None) -> None:
    fields = g.fields
    name = value
    if not value.isidentifier():
        name = g.tmp()
        steps.append(f"({name} := {value})")
    keys: list[str] = []
    for child in named(g, pattern):
        kind = g.kinds[child.kind_id]
        site = g.site(child)
        if kind == "shorthand_property_identifier_pattern":
            key = ascii(g.text(child))
            keys.append(key)
            bind(g, child, f"R.get({name}, {key}, {site})", steps, declared)
        elif kind == "object_assignment_pattern":
            left = child.child_by_field_id(fields.left)
            key = ascii(g.text(left)) if left is not None else "''"
            keys.append(key)
            bind(g, child, f"R.get({name}, {key}, {site})", steps, declared)
        elif kind == "pair_pattern":
            key_node = child.child_by_field_id(fields.key)
            target = child.child_by_field_id(fields.value)
            if key_node is None or target is None:
                continue
            key = key_of(g, key_node)
            if key[0] not in "'\"":
                computed = g.tmp()
                steps.append(f"({computed} := {key})")
                key = computed
            keys.append(key)
            bind(g, target, f"R.get({name}, {key}, {site})", steps, declared)
        elif kind == "rest_pattern":
            bind(g, child, f"R.rest_obj({name}, [{', '.join(keys)}], {site})", steps, declared)


def _bind_array(g: Gen, pattern: Node, value: str, steps: list[str], declared: str | None) -> None:
    items: list[Node | None] = []
    rest: Node | None = None
    pending = True
    for child in pattern.children:
        kind = g.kinds[child.kind_id]
        if kind == "',":
            if pending:
                items.append(None)
            pending = True
        elif kind == "rest_pattern":
            rest = child
            pending = False
        elif child.is_named and kind != "comment":
            items.append(child)
            pending = False
    name = g.tmp()
    steps.append(f"({name} := R.destructure({value}, {len(items)}, {rest is not None}, {g.site(pattern)}))")
    for index, item in enumerate(items):
        if item is not None:
            bind(g, item, f"{name}[{index}]", steps, declared)
    if rest is not None:
        bind(g, rest, f"{name}[{len(items)}]", steps, declared)
