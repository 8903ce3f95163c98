"""Operators, conditions, and `await` and `yield`."""

from __future__ import annotations

from krepis.twin.typescript.lowering._chains import UNARY, chain
from krepis.twin.typescript.lowering._common import (
    SPILL,
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
from krepis.twin.typescript.lowering._scope import MEMBERS, NAMES
from krepis.twin.typescript.lowering._text import number_text, number_value
from tree_sitter import Node

BINARY = {
    "'+": "add",
    "'-": "sub",
    "'*": "mul",
    "'/": "div",
    "'%": "mod",
    "'**": "pow",
    "'&": "bitand",
    "'|": "bitor",
    "'^": "bitxor",
    "'<<": "shl",
    "'>>": "shr",
    "'>>>": "ushr",
    "'<": "lt",
    "'<=": "le",
    "'>": "gt",
    "'>=": "ge",
    "'==": "eq",
    "'!=": "ne",
    "'===": "seq",
    "'!==": "sne",
    "'in": "has",
    "'instanceof": "instanceof",
}
_LOGICAL = frozenset({"'&&", "'||", "'??"})


def condition(g: Gen, node: Node, when_true: str = "truth", when_false: str = "truth") -> str:
    """A Python bool.  `when_true` names the operation at positive places, `when_false` under a negation."""
    while g.kinds[node.kind_id] in ("parenthesized_expression", "non_null_expression"):
        inner = first_child(g, node)
        if inner is None:
            break
        node = inner
    kind = g.kinds[node.kind_id]
    if kind == "unary_expression":
        operator = node.child_by_field_id(g.fields.operator)
        argument = node.child_by_field_id(g.fields.argument)
        if operator is not None and argument is not None and g.kinds[operator.kind_id] == "'!":
            g.depth += 1
            if g.depth > MAX_DEPTH:
                raise TooDeepError
            text = condition(g, argument, when_false, when_true)
            g.depth -= 1
            return f"(not {text})"
    elif kind == "binary_expression":
        operator = node.child_by_field_id(g.fields.operator)
        token = g.kinds[operator.kind_id] if operator is not None else ""
        if token in ("'&&", "'||"):
            operands = [condition(g, part, when_true, when_false) for part in _operands(g, node, token)]
            return "(" + (" and " if token == "'&&" else " or ").join(operands) + ")"
    elif kind in ("true", "false"):
        return kind.capitalize()
    return f"R.{when_true}({expr(g, node)}, {g.site(node)})"


def _operands(g: Gen, node: Node, token: str) -> list[Node]:
    """The operands of a chain of one logical operator, left to right."""
    found: list[Node] = []
    while True:
        left = node.child_by_field_id(g.fields.left)
        right = node.child_by_field_id(g.fields.right)
        if right is not None:
            found.append(right)
        if left is None:
            break
        operator = left.child_by_field_id(g.fields.operator) if g.kinds[left.kind_id] == "binary_expression" else None
        if operator is None or g.kinds[operator.kind_id] != token:
            found.append(left)
            break
        node = left
    found.reverse()
    return found


def binary(g: Gen, node: Node) -> str:
    fields = g.fields
    steps: list[tuple[str, Node, Node]] = []
    current = node
    while g.kinds[current.kind_id] == "binary_expression":
        operator = current.child_by_field_id(fields.operator)
        left = current.child_by_field_id(fields.left)
        right = current.child_by_field_id(fields.right)
        if operator is None or left is None or right is None:
            return "UNDEFINED"
        token = g.kinds[operator.kind_id]
        if token in _LOGICAL:
            break
        steps.append((token, right, current))
        current = left
    if not steps:
        return _logical(g, current)
    text = key_of(g, current) if g.kinds[current.kind_id] == "private_property_identifier" else expr(g, current)
    done: list[str] = []
    for count, (token, right, whole) in enumerate(reversed(steps), 1):
        operation = BINARY.get(token)
        if operation is None:
            return unknown(g, whole)
        text = f"R.{operation}({text}, {expr(g, right)}, {g.site(whole)})"
        if count % SPILL == 0 and count < len(steps):
            name = g.tmp()
            done.append(f"{name} := {text}")
            text = name
    return sequence([*done, text])


_PLAIN = frozenset({"array", "object", "number", "string", "true", "false", "null"})
"""What a default is written as that is a value, and not the making of one."""


def _logical(g: Gen, node: Node) -> str:
    operator = node.child_by_field_id(g.fields.operator)
    token = g.kinds[operator.kind_id] if operator is not None else ""
    operands = _operands(g, node, token)
    text = expr(g, operands[0])
    done: list[str] = []
    for count, right in enumerate(operands[1:], 1):
        name = g.tmp()
        other = expr(g, right)
        if g.kinds[right.kind_id] in _PLAIN and not token.startswith("'&&"):
            other = f"R.instead({name}, {other})"
        text = logical(g, token, name, text, other, g.site(node))
        if count % 8 == 0 and count < len(operands) - 1:
            whole = g.tmp()
            done.append(f"{whole} := {text}")
            text = whole
    return sequence([*done, text])


def logical(g: Gen, token: str, name: str, left: str, right: str, site: int) -> str:
    """`left && right` and its relatives; `name` holds the left value."""
    if token.startswith("'&&"):
        how = "opens" if _waits(right) else "truth"
        return f"({right} if R.{how}(({name} := {left}), {site}) else {name})"
    if token.startswith("'||"):
        how = "shuts" if _waits(right) else "truth"
        return f"({name} if R.{how}(({name} := {left}), {site}) else {right})"
    return f"({right} if R.nullish(({name} := {left}), {site}) else {name})"


def unary(g: Gen, node: Node) -> str:
    operator = node.child_by_field_id(g.fields.operator)
    argument = node.child_by_field_id(g.fields.argument)
    if operator is None or argument is None:
        return "UNDEFINED"
    token = g.kinds[operator.kind_id]
    if token == "'delete":
        inner = g.a.unwrap(argument)
        if g.kinds[inner.kind_id] in MEMBERS:
            return chain(g, inner, deleting=True)
        return sequence([expr(g, argument), "True"])
    if token == "'void":
        return f"R.void({expr(g, argument)})"
    if token == "'typeof":
        inner = g.a.unwrap(argument)
        if g.kinds[inner.kind_id] == "identifier" and inner.start_byte not in g.bind:
            return f"R.typeof_glob({g.text(inner)!a}, {g.site(node)})"
    if token == "'!":
        inner = g.a.unwrap(argument)
        if g.kinds[inner.kind_id] == "unary_expression" and g.source[inner.start_byte : inner.start_byte + 1] == b"!":
            return condition(g, node)
    if token == "'-" and g.kinds[argument.kind_id] == "number":
        value = number_value(g.text(argument))
        if value:
            return f"({number_text(-value)})" if value != float("inf") else "(-1e999)"
    operation = UNARY.get(token)
    if operation is None:
        return unknown(g, node)
    return f"R.{operation}({expr(g, argument)}, {g.site(node)})"


def update_value(g: Gen, node: Node) -> str:
    """`x++` and `--x`."""
    return update(g, node, wants_old=g.source[node.start_byte : node.start_byte + 2] not in (b"++", b"--"))


def update(g: Gen, node: Node, *, wants_old: bool) -> str:
    argument = node.child_by_field_id(g.fields.argument)
    operator = node.child_by_field_id(g.fields.operator)
    if argument is None or operator is None:
        return "UNDEFINED"
    operation = "inc" if g.kinds[operator.kind_id] == "'++" else "dec"
    old = g.tmp() if wants_old else ""
    place = place_of(g, g.a.unwrap(argument))
    site = g.site(node)
    number = f"R.num({place.read}, {site})"
    if wants_old:
        number = f"({old} := {number})"
    text = place.write(f"R.{operation}({number}, {site})")
    return sequence([text, old]) if wants_old else text


class _Place:
    """Something that can be read and then written: evaluating `read` first fixes its object and key."""

    __slots__ = ("_after", "_before", "read")

    def __init__(self, read: str, before: str, after: str) -> None:
        self.read = read
        self._before = before
        self._after = after

    def write(self, value: str) -> str:
        return self._before + value + self._after


def place_of(g: Gen, node: Node) -> _Place:
    kind = g.kinds[node.kind_id]
    site = g.site(node)
    fields = g.fields
    if kind in NAMES:
        var = g.bind.get(node.start_byte)
        if var is None:
            name = ascii(g.text(node))
            return _Place(f"R.glob({name}, {site})", f"R.setglob({name}, ", f", {site})")
        before, _, after = g.write(var, "\0", site).partition("\0")
        return _Place(g.read(var, site), before, after)
    if kind in MEMBERS:
        base = node.child_by_field_id(fields.object)
        if base is not None and g.kinds[base.kind_id] == "super":
            key = link_key(g, kind, node)
            return _Place(f"R.superget(fn, this, {key}, {site})", f"R.superset(fn, this, {key}, ", f", {site})")
        target = optional(base, g)
        object_again = target
        if not _is_stable(target):
            object_again = g.tmp()
            target = f"({object_again} := {target})"
        key = link_key(g, kind, node)
        key_again = key
        if kind == "subscript_expression" and not (_is_stable(key) or key[0] in "'\"" or key.isdigit()):
            key_again = g.tmp()
            key = f"({key_again} := {key})"
        read = f"R.get({object_again}, {key_again}, {site})"
        return _Place(read, f"R.set({target}, {key}, ", f", {site})")
    return _Place(unknown(g, node), f"({g.tmp()} := ", ")")


def _is_stable(text: str) -> bool:
    """Whether the text is a Python name: reading it twice before anything else runs gives the same."""
    return text.isidentifier()


def ternary(g: Gen, node: Node) -> str:
    fields = g.fields
    test = node.child_by_field_id(fields.condition)
    if test is None:
        return "UNDEFINED"
    then = optional(node.child_by_field_id(fields.consequence), g)
    otherwise = optional(node.child_by_field_id(fields.alternative), g)
    how = "turns" if _waits(then) or _waits(otherwise) else "truth"
    return f"({then} if {condition(g, test, how, how)} else {otherwise})"


def _waits(text: str) -> bool:
    """Whether an expression suspends; then it is work, and not just a value."""
    return "yield " in text


def sequence_value(g: Gen, node: Node) -> str:
    parts: list[str] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if g.kinds[current.kind_id] == "sequence_expression":
            pending.extend(reversed(named(g, current)))
        else:
            parts.append(expr(g, current))
    return sequence(parts) if parts else "UNDEFINED"


def awaited(g: Gen, node: Node) -> str:
    return f"({await_(g, node)})"


def await_(g: Gen, node: Node) -> str:
    """`yield ...` without parentheses, for statements."""
    g.yields = True
    inner = first_child(g, node)
    value = optional(inner, g)
    return f"yield (0, {value}, {g.site(node)})"


def yielded(g: Gen, node: Node) -> str:
    g.yields = True
    inner = first_child(g, node)
    code = 2 if any(g.kinds[child.kind_id] == "'*" for child in node.children) else 1
    return f"(yield ({code}, {optional(inner, g)}, {g.site(node)}))"
