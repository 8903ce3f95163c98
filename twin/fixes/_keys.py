"""What a lock should be keyed by: values that the stale read and the act that relies on it have in common."""

from __future__ import annotations

from krepis.twin.fixes._case import Spot
from krepis.twin.fixes._source import Code, function_of, unwrapped, walk, within
from tree_sitter import Node

_NOT_KEYS = frozenset(
    {"tx", "trx", "client", "manager", "session", "t", "conn", "undefined", "res", "req", "ctx", "next"}
)


def shared_keys(read: Spot | None, act: Spot, function: Node, before: int) -> list[str]:
    """Expressions in both that stand for one value each, known at offset `before` of `function`."""
    known = declared_before(act.code, function, before)
    mine = _values(act.code, act.statement, known)
    if read is None or read.code is not act.code:
        return [key for key in mine if key in parameters(act.code, function)]
    theirs = _values(read.code, read.statement, known)
    return [key for key in theirs if key in mine] or [key for key in mine if key.split(".")[0] in known][:1]


def _values(code: Code, statement: Node, known: frozenset[str]) -> list[str]:
    """Identifiers and member expressions of a statement that are used as values, in order, without repetition."""
    out: dict[str, None] = {}
    for n in walk(statement):
        if n.type == "shorthand_property_identifier":
            out[code.of(n)] = None
        elif n.type in ("identifier", "member_expression") and n.parent is not None:
            parent = n.parent
            if n.type == "identifier" and parent.type == "template_substitution":
                out[code.of(n)] = None
            if parent.type == "member_expression" or (
                parent.type == "call_expression" and parent.child_by_field_name("function") == n
            ):
                continue
            out[code.of(n)] = None
    return [
        text
        for text in out
        if (root := text.split(".")[0].split("?")[0].split("!")[0]) in known
        and text not in _NOT_KEYS
        and "(" not in text
        and (root != "this")
    ]


def parameters(code: Code, function: Node) -> dict[str, str]:
    """The names that the parameters of a function bind, and the type of those that are annotated themselves."""
    out: dict[str, str] = {}
    single = function.child_by_field_name("parameter")
    if single is not None:
        out[code.of(single)] = ""
    params = function.child_by_field_name("parameters")
    for p in params.named_children if params is not None else ():
        pattern = p.child_by_field_name("pattern")
        if pattern is None:
            continue
        kind = p.child_by_field_name("type")
        text = code.of(kind).lstrip(": ") if kind is not None else ""
        for name in bound(code, pattern):
            out[name] = text if pattern.type == "identifier" else ""
    return out


def bound(code: Code, pattern: Node) -> list[str]:
    """The names that a pattern binds."""
    if pattern.type == "identifier":
        return [code.of(pattern)]
    names: list[str] = []
    for n in walk(pattern):
        if n.type == "shorthand_property_identifier_pattern":
            names.append(code.of(n))
        elif n.type == "identifier" and n.parent is not None:
            field = n.parent
            if (
                field.type in ("array_pattern", "rest_pattern")
                or (field.type in ("pair_pattern",) and field.child_by_field_name("value") == n)
                or (
                    field.type in ("assignment_pattern", "object_assignment_pattern")
                    and field.child_by_field_name("left") == n
                )
            ):
                names.append(code.of(n))
    return names


def declared(code: Code, statement: Node) -> list[str]:
    """The names that a statement declares."""
    out: list[str] = []
    for n in statement.named_children:
        if n.type == "variable_declarator" and (name := n.child_by_field_name("name")) is not None:
            out += bound(code, name)
    return out


def declared_before(code: Code, function: Node, before: int) -> frozenset[str]:
    """What is bound in a function, and in those around it, before an offset."""
    names: set[str] = set()
    current: Node | None = function
    while current is not None:
        names |= parameters(code, current).keys()
        for n in walk(current, False):
            if n.type in ("lexical_declaration", "variable_declaration") and n.end_byte <= before:
                if (n.parent is not None and within(function, n.parent)) or (
                    n.parent is not None and n.parent.end_byte >= before
                ):
                    names |= set(declared(code, n))
        current = function_of(current)
    return frozenset(names)


def names_in(code: Code, node: Node) -> frozenset[str]:
    """All identifiers that a node reads or binds."""
    return frozenset(
        code.of(n)
        for n in walk(node)
        if n.type in ("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern")
    )


def as_text(code: Code, key: str, function: Node) -> str:
    """A key as an expression of type string."""
    kind = parameters(code, function).get(key, "")
    return key if kind == "string" else f"${{{key}}}"


__all__ = ["as_text", "bound", "declared", "declared_before", "names_in", "parameters", "shared_keys", "unwrapped"]
