"""Loops.

`continue` in a loop with an increment works because the increment runs at the top of the next round.
"""

from __future__ import annotations

from krepis.twin.typescript.lowering._assignments import bind
from krepis.twin.typescript.lowering._blocks import DEAD, declaration, disposal, effect, hoist, statement
from krepis.twin.typescript.lowering._common import expr
from krepis.twin.typescript.lowering._emit import Gen
from tree_sitter import Node


def while_loop(g: Gen, node: Node) -> None:
    test = node.child_by_field_id(g.fields.condition)
    loop = g.tmp()
    g.emit(f"{loop} = R.loop({g.site(node)})")
    target = g.push_target("loop")
    g.open("while True:")
    _again(g, test, loop, node)
    statement(g, node.child_by_field_id(g.fields.body))
    g.close()
    g.pop_target(target)


def _again(g: Gen, test: Node | None, loop: str, node: Node) -> None:
    has_test = test is not None and g.kinds[test.kind_id] not in ("empty_statement", "';")
    value = expr(g, test) if has_test and test is not None else "True"
    g.emit(f"if not R.again({value}, {loop}, {g.site(node)}): break")


def do_loop(g: Gen, node: Node) -> None:
    test = node.child_by_field_id(g.fields.condition)
    loop, first = g.tmp(), g.tmp()
    g.emit(f"{loop} = R.loop({g.site(node)})")
    g.emit(f"{first} = True")
    target = g.push_target("loop")
    g.open("while True:")
    g.open(f"if {first}:")
    g.emit(f"{first} = False")
    g.close()
    g.open("else:")
    _again(g, test, loop, node)
    g.close()
    statement(g, node.child_by_field_id(g.fields.body))
    g.close()
    g.pop_target(target)


def for_loop(g: Gen, node: Node) -> None:
    fields = g.fields
    labels, g.labels = g.labels, frozenset()
    scope = g.a.scopes.get(node.id)
    initializer = node.child_by_field_id(fields.initializer)
    if scope is not None:
        hoist(g, scope, node)
    if initializer is not None:
        kind = g.kinds[initializer.kind_id]
        if kind in ("lexical_declaration", "variable_declaration"):
            declaration(g, initializer)
        elif kind != "empty_statement":
            g.emit(effect(g, initializer, kind))
    loop, first = g.tmp(), g.tmp()
    g.emit(f"{loop} = R.loop({g.site(node)})")
    cells = [var for var in scope.vars.values() if var.cell] if scope is not None else []
    increment = node.child_by_field_id(fields.increment)
    top: list[str] = []
    start = len(g.out)
    g.labels = labels
    target = g.push_target("loop")
    g.open("while True:")
    if increment is not None or cells:
        body = g.out
        g.out = top
        g.indent += " "
        for var in cells:
            fresh = g.tmp()
            g.emit(f"{fresh} = R.cell({var.name!a}, {g.site(node)})")
            g.emit(f"R.init({fresh}, {var.ref}.v)")
            g.emit(f"{var.ref} = {fresh}")
        if increment is not None:
            g.emit(effect(g, increment, g.kinds[increment.kind_id]))
        g.close()
        g.out = body
        g.emit(f"if {first}: {first} = False")
        g.emit("else:")
        g.out += top
        g.out.insert(start, f"{g.indent[:-1]}{first} = True")
    _again(g, node.child_by_field_id(fields.condition), loop, node)
    statement(g, node.child_by_field_id(fields.body))
    g.close()
    g.pop_target(target)


def for_in_loop(g: Gen, node: Node) -> None:
    fields = g.fields
    left = node.child_by_field_id(fields.left)
    right = node.child_by_field_id(fields.right)
    operator = node.child_by_field_id(fields.operator)
    if left is None or right is None or operator is None:
        return
    if any(g.kinds[child.kind_id] == "'await" for child in node.children):
        _for_await(g, node, left, right)
        return
    iterate = "keys" if g.kinds[operator.kind_id] == "'in" else "over"
    var = g.bind.get(left.start_byte)
    direct = (
        g.kinds[left.kind_id] == "identifier"
        and var is not None
        and not var.cell
        and var.alias is None
        and not _using_kind(g, node)
    )
    name = var.ref if direct and var is not None else g.tmp()
    text = f"for {name} in R.{iterate}({expr(g, right)}, {g.site(node)}):"
    target = g.push_target("loop")
    g.open(text)
    if not direct:
        _loop_variable(g, node, left, name)
    _loop_body(g, node, name)
    g.close()
    g.pop_target(target)


def _using_kind(g: Gen, node: Node) -> str:
    keyword = node.child_by_field_id(g.fields.kind)
    if keyword is None:
        return ""
    if keyword.start_byte in g.a.syntax.await_using:
        return "await using"
    return "using" if keyword.start_byte in g.a.syntax.using else ""


def _loop_variable(g: Gen, node: Node, left: Node, value: str) -> None:
    keyword = node.child_by_field_id(g.fields.kind)
    scope = g.a.scopes.get(node.id)
    if scope is not None:
        g.create_cells(scope, node)
    steps: list[str] = []
    bind(g, left, value, steps, g.kinds[keyword.kind_id][1:] if keyword is not None else None)
    for step in steps:
        g.emit(step)


def _loop_body(g: Gen, node: Node, value: str) -> None:
    using = _using_kind(g, node)
    if using:
        g.open("try:")
    statement(g, node.child_by_field_id(g.fields.body))
    if using:
        disposal(g, value, node, waits=using != "using")


def _for_await(g: Gen, node: Node, left: Node, right: Node) -> None:
    """The iterator is told to return unless it is exhausted or has thrown itself."""
    g.yields = True
    site = g.site(node)
    iterator, closed, result, loop, name = g.tmp(), g.tmp(), g.tmp(), g.tmp(), g.tmp()
    g.emit(f"{iterator} = R.aiter({expr(g, right)}, {site})")
    g.emit(f"{loop} = R.loop({site})")
    g.emit(f"{closed} = True")
    g.open("try:")
    target = g.push_target("loop")
    g.open("while True:")
    g.emit(f"{closed} = True")
    g.emit(f"{result} = yield (0, R.anext({iterator}), {site})")
    g.emit(f"if R.adone({result}, {loop}, {site}): break")
    g.emit(f"{closed} = False")
    g.emit(f"{name} = R.avalue({result})")
    _loop_variable(g, node, left, name)
    _loop_body(g, node, name)
    g.close()
    g.close()
    g.open("finally:")
    g.emit(DEAD)
    g.emit(f"if not {closed}: yield (0, R.areturn({iterator}), {site})")
    g.close()
    g.pop_target(target)
