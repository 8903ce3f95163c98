"""`if` and `switch`.

A condition is always a Python expression, so `if` and `else if` stay what they are.  A `switch` without
fall-through becomes an if-chain, any other a loop of one round whose cases run from a computed number on.
"""

from __future__ import annotations

from krepis.twin.typescript.lowering._blocks import children_of, hoist, statement, statements
from krepis.twin.typescript.lowering._common import expr, first_child, named
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._operators import condition
from tree_sitter import Node

_LEAVES = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})
_ENDS = frozenset({"return_statement", "break_statement"})
"""Of these, what ends a loop as it is meant to end."""


def _leaves(g: Gen, node: Node | None, how: frozenset[str] = _LEAVES) -> bool:
    """Whether a statement always leaves: it ends in return, throw, break or continue."""
    while node is not None and g.kinds[node.kind_id] == "statement_block":
        children = children_of(g, node)
        node = children[-1] if children else None
    return node is not None and g.kinds[node.kind_id] in how


def if_statement(g: Gen, node: Node) -> None:
    fields = g.fields
    keyword = "if"
    current: Node | None = node
    while current is not None:
        test = current.child_by_field_id(fields.condition)
        then = current.child_by_field_id(fields.consequence)
        otherwise = current.child_by_field_id(fields.alternative)
        guard = otherwise is None and _leaves(g, then)
        how = "truth" if not guard else "enough" if g.targets and _leaves(g, then, _ENDS) else "unlikely"
        text = condition(g, test, how, "more" if how == "enough" else "truth") if test is not None else "False"
        g.open(f"{keyword} {text}:")
        statement(g, then)
        g.close()
        current = None
        if otherwise is not None:
            inner = first_child(g, otherwise)
            if (
                inner is not None
                and g.kinds[inner.kind_id] == "if_statement"
                and not (g.a.dropped and inner.id in g.a.dropped)
            ):
                keyword = "elif"
                current = inner
            elif inner is not None:
                g.open("else:")
                statement(g, inner)
                g.close()


def switch_statement(g: Gen, node: Node) -> None:
    value = node.child_by_field_id(g.fields.value)
    body = node.child_by_field_id(g.fields.body)
    if value is None or body is None:
        return
    scope = g.a.scopes.get(body.id)
    subject = g.tmp()
    g.emit(f"{subject} = {expr(g, value)}")
    if scope is not None:
        hoist(g, scope, body)
    cases = [
        case
        for case in named(g, body)
        if g.kinds[case.kind_id] in ("switch_case", "switch_default")
        if not (g.a.dropped and case.id in g.a.dropped)
    ]
    groups: list[tuple[list[Node], list[Node]]] = []
    waiting: list[Node] = []
    for case in cases:
        waiting.append(case)
        code = _case_body(g, case)
        if code:
            groups.append((waiting, code))
            waiting = []
    if waiting:
        groups.append((waiting, []))
    if all(_is_closed(g, code) for _, code in groups[:-1]) and not any(
        _breaks(g, statement_node, last=index == len(code) - 1)
        for _, code in groups
        for index, statement_node in enumerate(code)
    ):
        _switch_chain(g, subject, groups)
    else:
        _switch_loop(g, subject, groups)


def _case_body(g: Gen, case: Node) -> list[Node]:
    """The statements of a case; a block around them all, without declarations, is seen through."""
    value = case.child_by_field_id(g.fields.value)
    code = [child for child in children_of(g, case) if value is None or child.id != value.id]
    if len(code) == 1 and g.kinds[code[0].kind_id] == "statement_block" and code[0].id not in g.a.scopes:
        code = children_of(g, code[0]) or code
    return code


def _is_closed(g: Gen, code: list[Node]) -> bool:
    """Whether a case never falls into the next one."""
    return bool(code) and _leaves(g, code[-1])


def _breaks(g: Gen, node: Node, *, last: bool) -> bool:
    """Whether a plain `break` other than a last statement leaves the switch from within this statement."""
    pending = [node]
    while pending:
        current = pending.pop()
        kind = g.kinds[current.kind_id]
        if kind == "break_statement":
            if current.child_by_field_id(g.fields.label) is None and not (last and current is node):
                return True
        elif kind in (
            "if_statement",
            "else_clause",
            "statement_block",
            "try_statement",
            "catch_clause",
            "finally_clause",
            "labeled_statement",
        ):
            pending.extend(named(g, current))
    return False


def _case_test(g: Gen, subject: str, cases: list[Node]) -> str:
    """Whether the subject equals one of the cases of a group, as a Python bool."""
    tests = []
    for case in cases:
        value = case.child_by_field_id(g.fields.value)
        if value is not None:
            site = g.site(case)
            tests.append(f"R.truth(R.seq({subject}, {expr(g, value)}, {site}), {site})")
    return " or ".join(tests)


def _switch_chain(g: Gen, subject: str, groups: list[tuple[list[Node], list[Node]]]) -> None:
    keyword = "if"
    default: list[Node] | None = None
    for cases, code in groups:
        if (
            code
            and g.kinds[code[-1].kind_id] == "break_statement"
            and code[-1].child_by_field_id(g.fields.label) is None
        ):
            code = code[:-1]
        if any(g.kinds[case.kind_id] == "switch_default" for case in cases):
            default = code
            continue
        g.open(f"{keyword} {_case_test(g, subject, cases)}:")
        statements(g, code)
        g.close()
        keyword = "elif"
    if default is not None:
        if keyword == "elif":
            g.open("else:")
        statements(g, default)
        if keyword == "elif":
            g.close()


def _switch_loop(g: Gen, subject: str, groups: list[tuple[list[Node], list[Node]]]) -> None:
    number = g.tmp()
    keyword = "if"
    default = len(groups)
    for index, (cases, _) in enumerate(groups):
        if any(g.kinds[case.kind_id] == "switch_default" for case in cases):
            default = index
        test = _case_test(g, subject, cases)
        if test:
            g.open(f"{keyword} {test}:")
            g.emit(f"{number} = {index}")
            g.close()
            keyword = "elif"
    if keyword == "elif":
        g.open("else:")
    g.emit(f"{number} = {default}")
    if keyword == "elif":
        g.close()
    target = g.push_target("switch")
    g.open("while True:")
    for index, (_, code) in enumerate(groups):
        g.open(f"if {number} <= {index}:")
        statements(g, code)
        g.close()
    g.emit("break")
    g.close()
    g.pop_target(target)
