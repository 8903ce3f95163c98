"""`@invariant` expressions: lowered as functions at the end of the module, where they see what it declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from krepis.twin.typescript import jsdoc
from krepis.twin.typescript.code import CONDITION, Condition, ModuleCode
from krepis.twin.typescript.syntax import parse

_BLOCK = re.compile(jsdoc.BLOCK.pattern.encode(), re.S)


def with_conditions(text: str, path: str) -> str:
    """`text` and one function for each `@invariant` of it that is an expression."""
    if "@invariant" not in text:
        return text
    added = [
        f"\nfunction {CONDITION}{i}() {{ return ({expression}\n); }}"
        for i, expression in enumerate(_expressions(match[1] for match in jsdoc.BLOCK.finditer(text)))
        if _is_expression(expression, path)
    ]
    return text + "".join(added)


def attach_conditions(module: ModuleCode) -> None:
    """Says what each condition is about: the class that its comment is on or in, else the module."""
    if b"@invariant" not in module.text:
        return
    number = 0
    for match in _BLOCK.finditer(module.text):
        for expression in _expressions([match[1].decode("utf-8", "replace")]):
            name = f"{CONDITION}{number}"
            number += 1
            if name in module.top_level:
                line = module.lines.line(match.start())
                module.conditions.append(Condition(name, expression, line, _class_of(module, match.end())))
            else:
                module.note(match.start(), "this @invariant is not an expression; it is not checked", "unsupported")


def _expressions(bodies: Iterator[str] | list[str]) -> Iterator[str]:
    for body in bodies:
        yield from (text for tag, text in jsdoc.read(body)[1] if tag == "invariant")


def _is_expression(text: str, path: str) -> bool:
    syntax = parse(f"({text}\n);", path)
    if isinstance(syntax, str) or syntax.root.has_error or syntax.root.named_child_count != 1:
        return False
    statement = syntax.root.named_children[0]
    inner = [n for n in statement.named_children if n.type != "comment"]
    return (
        statement.type == "expression_statement"
        and len(inner) == 1
        and inner[0].type == "parenthesized_expression"
        and inner[0].end_byte >= len(text.encode("utf-8", "surrogatepass"))
    )


def _class_of(module: ModuleCode, offset: int) -> str:
    """The class that starts right after a comment, or that holds the member which does."""
    after = module.text[offset:]
    start = offset + len(after) - len(after.lstrip())
    inside = [c for c in module.classes if c.anchor == start or c.start <= offset < c.end]
    return max(inside, key=lambda c: c.start).name if inside else ""
