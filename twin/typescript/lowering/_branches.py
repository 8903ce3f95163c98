"""`if` and `switch`.

A condition is always a Python expression, so `if` and `else if` stay what they are.  A `switch` without
fall-through becomes an if-chain, any other a loop of one round whose cases run from a computed number on.
"""

from __future__ import annotations

import re

from krepis.twin.typescript.lowering._blocks import children_of, hoist, statement, statements
from krepis.twin.typescript.lowering._common import expr, first_child, named
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._operators import condition
from krepis.twin.typescript.lowering._scope import FUNCTIONS, MEMBERS, TYPES_ONLY
from tree_sitter import Node

_LEAVES = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})
_ENDS = frozenset({"return_statement", "break_statement"})
"""Of these, what ends a loop as it is meant to end."""
_OWN_CODE = (
    FUNCTIONS | TYPES_ONLY | frozenset({"function_declaration", "class_declaration", "class", "method_definition"})
)
_ASSIGNS = frozenset({"assignment_expression", "augmented_assignment_expression", "update_expression"})
_REFUSAL = re.compile(
    r"throw|fail|abort|reject|deny|forbid|refuse|assert|ensure|panic|raise|error|invalid|exit|redirect|not[A-Z_]|bad|"
    r"unauthori[sz]ed|check|guard|require|verify|validate",
    re.I,
)
"""In the name of a method that may not come back."""


def _leaves(g: Gen, node: Node | None, how: frozenset[str] = _LEAVES) -> bool:
    """Whether a statement always leaves: it ends in return, throw, break or continue."""
    while node is not None and g.kinds[node.kind_id] == "statement_block":
        children = children_of(g, node)
        node = children[-1] if children else None
    return node is not None and g.kinds[node.kind_id] in how


def if_statement(g: Gen, node: Node) -> None:
    """What follows an `if` that always gets there does not depend on its condition; what it assigned does."""
    assigned = _assigned(g, node)
    saved = g.tmp() if assigned is not None else ""
    if saved:
        g.emit(f"{saved} = R.frame.ctrl")
    _if_chain(g, node)
    for ref in assigned or ():
        g.emit(f"{ref} = R.joined({ref}, {saved})")
    if saved:
        g.emit(f"R.rejoin({saved})")


def _assigned(g: Gen, node: Node) -> list[str] | None:
    """The locals that an `if` assigns; None when it may leave, or assigns what is not a local of its own."""
    fields, kinds = g.fields, g.kinds
    found: dict[str, None] = {}
    pending = [node]
    while pending:
        current = pending.pop()
        kind = kinds[current.kind_id]
        if kind in _LEAVES or kind == "yield_expression":
            return None
        if kind in _OWN_CODE:
            continue
        if kind == "await_expression":
            awaited = current.named_child(0)
            if awaited is None or kinds[g.a.unwrap(awaited).kind_id] != "call_expression":
                return None  # it waits for others
        if kind == "if_statement" and current.child_by_field_id(fields.alternative) is None:
            if _refuses(g, current.child_by_field_id(fields.consequence)):
                return None
        if kind in _ASSIGNS or (kind == "for_in_statement" and current.child_by_field_id(fields.kind) is None):
            target = current.child_by_field_id(fields.argument if kind == "update_expression" else fields.left)
            target = g.a.unwrap(target) if target is not None else None
            if target is None or kinds[target.kind_id] not in (*MEMBERS, "identifier"):
                return None
            if kinds[target.kind_id] == "identifier":
                var = g.bind.get(target.start_byte)
                if var is None or var.cell or var.alias is not None:
                    return None
                if not node.start_byte <= var.pos < node.end_byte:
                    found[var.ref] = None
        pending.extend(current.named_children)
    return list(found)


def _refuses(g: Gen, then: Node | None) -> bool:
    """Whether a branch may be there to throw: it ends in the call of a function that nothing else is known of."""
    call = _last_call(g, then)
    name = _method(g, call) if call is not None else ""
    return name is None or _REFUSAL.search(name) is not None


def _acts(g: Gen, then: Node | None) -> bool:
    """Whether a branch that leaves assigns what outlives it before it does."""
    pending = children_of(g, then)[:-1] if then is not None and g.kinds[then.kind_id] == "statement_block" else []
    while pending:
        current = pending.pop()
        kind = g.kinds[current.kind_id]
        if kind in _OWN_CODE:
            continue
        if kind in _ASSIGNS:
            target = current.child_by_field_id(g.fields.argument if kind == "update_expression" else g.fields.left)
            if target is not None and g.kinds[g.a.unwrap(target).kind_id] in MEMBERS:
                return True
        pending.extend(current.named_children)
    return False


def _throws(g: Gen, then: Node | None) -> bool:
    """Whether a branch ends in a method that is called `throw`: Koa's `ctx.throw(404)`."""
    call = _last_call(g, then)
    return call is not None and _method(g, call) == "throw"


def _last_call(g: Gen, then: Node | None) -> Node | None:
    """The call that a branch ends in."""
    while then is not None and g.kinds[then.kind_id] in ("statement_block", "expression_statement"):
        children = [c for c in then.named_children if g.kinds[c.kind_id] != "comment"]
        then = children[-1] if children else None
    if then is not None and g.kinds[then.kind_id] == "await_expression":
        then = then.named_child(0)
    return then if then is not None and g.kinds[then.kind_id] == "call_expression" else None


def _method(g: Gen, call: Node) -> str | None:
    """The name of the method that is called; None for the call of a function."""
    callee = call.child_by_field_id(g.fields.function)
    if callee is None or g.kinds[callee.kind_id] != "member_expression":
        return None
    name = callee.child_by_field_id(g.fields.property)
    return None if name is None else g.text(name)


def _if_chain(g: Gen, node: Node) -> None:
    fields = g.fields
    keyword = "if"
    current: Node | None = node
    while current is not None:
        test = current.child_by_field_id(fields.condition)
        then = current.child_by_field_id(fields.consequence)
        otherwise = current.child_by_field_id(fields.alternative)
        guard = otherwise is None and (_leaves(g, then) or _throws(g, then))
        how = ("unlikely", "opens") if guard else ("opens", "shuts") if otherwise is None else ("turns", "turns")
        if guard and _acts(g, then):
            how = "detours", "turns"
        if guard and g.targets and _leaves(g, then, _ENDS):
            how = "enough", "more"
        text = condition(g, test, *how) if test is not None else "False"
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
            tests.append(f"R.turns(R.seq({subject}, {expr(g, value)}, {site}), {site})")
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
