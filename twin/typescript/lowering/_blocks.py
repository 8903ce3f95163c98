"""Blocks: lists of statements, hoisting, declarations of variables, `using`."""

from __future__ import annotations

from krepis.twin.typescript.lowering._assignments import assign_to, bind, store
from krepis.twin.typescript.lowering._common import expr
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._expr import typed
from krepis.twin.typescript.lowering._operators import await_, update
from krepis.twin.typescript.lowering._scope import NAMES, Scope, Var
from tree_sitter import Node

DEAD = "if R.dead: raise R.Dead"


def children_of(g: Gen, node: Node) -> list[Node]:
    dropped = g.a.dropped
    kinds = g.kinds
    return [
        child
        for child in node.children
        if kinds[child.kind_id] in g.statements and not (dropped and child.id in dropped)
    ]


def hoist(g: Gen, scope: Scope, node: Node) -> None:
    """Cells and functions at the entry of a scope."""
    g.create_cells(scope, node)
    hoist_functions(g, scope)


def hoist_functions(g: Gen, scope: Scope) -> None:
    if scope is g.info.scope:
        for var in scope.vars.values():
            if var.kind == "var" and not var.cell and var.alias is None:
                g.emit(f"{var.ref} = UNDEFINED")
    done: set[Var] = set()
    for var, info in reversed(scope.hoisted):
        if var not in done:
            done.add(var)
            value = f"R.func({info.code.index}, {g.environment(info)}, fn)"
            g.emit(g.init(var, value, g.site(info.node)) if var.cell else f"{var.ref} = {value}")


def statements(g: Gen, nodes: list[Node]) -> None:
    """A list of statements; `using` declarations protect the rest of it."""
    count = len(g.out)
    for index, node in enumerate(nodes):
        if g.kinds[node.kind_id] == "lexical_declaration" and is_using(g, node):
            _using(g, node, nodes[index + 1 :])
            return
        g.statements[g.kinds[node.kind_id]](g, node)
    if len(g.out) == count:
        g.emit("pass")


def statement(g: Gen, node: Node | None) -> None:
    """A statement that is the body of another one."""
    handler = g.statements.get(g.kinds[node.kind_id]) if node is not None else None
    count = len(g.out)
    if handler is not None and node is not None and not (g.a.dropped and node.id in g.a.dropped):
        handler(g, node)
    if len(g.out) == count:
        g.emit("pass")


def declaration(g: Gen, node: Node) -> None:
    fields = g.fields
    keyword = node.child_by_field_id(fields.kind)
    declared = g.kinds[keyword.kind_id][1:] if keyword is not None else "var"
    for declarator in node.named_children:
        if g.kinds[declarator.kind_id] != "variable_declarator":
            continue
        pattern = declarator.child_by_field_id(fields.name)
        value = declarator.child_by_field_id(fields.value)
        if pattern is not None:
            _declarator(g, declarator, pattern, value, declared)


def _declarator(g: Gen, node: Node, pattern: Node, value: Node | None, declared: str) -> None:
    simple = g.kinds[pattern.kind_id] in NAMES
    if value is None:
        var = g.bind.get(pattern.start_byte) if simple else None
        if var is not None and declared != "var" and var.alias is None:
            g.emit(f"R.init({var.ref}, UNDEFINED)" if var.cell else f"{var.ref} = UNDEFINED")
        return
    annotation = node.child_by_field_id(g.fields.type)
    text = expr(g, value)
    if annotation is not None:
        text = typed(g, g.a.types.annotation(annotation), text)
    if simple:
        var = g.bind.get(pattern.start_byte)
        if var is None:
            g.emit(text)
        elif not var.cell and var.alias is None:
            g.emit(f"{var.ref} = {text}")
        else:
            g.emit(g.init(var, text, g.site(node)))
        return
    name = g.tmp()
    g.emit(f"{name} = {text}")
    steps: list[str] = []
    bind(g, pattern, name, steps, declared)
    for step in steps:
        g.emit(step)


def is_using(g: Gen, node: Node) -> bool:
    syntax = g.a.syntax
    return bool(syntax.using or syntax.await_using) and (
        node.start_byte in syntax.using or node.start_byte in syntax.await_using
    )


def _using(g: Gen, node: Node, rest: list[Node]) -> None:
    """`using x = ...`: the rest of the block, then disposal in reverse order."""
    waits = node.start_byte in g.a.syntax.await_using
    names: list[str] = []
    opened = 0
    for declarator in node.named_children:
        pattern = declarator.child_by_field_id(g.fields.name)
        value = declarator.child_by_field_id(g.fields.value)
        if pattern is None or value is None:
            continue
        name = g.tmp()
        names.append(name)
        g.emit(f"{name} = {expr(g, value)}")
        g.emit(store_new(g, pattern, name))
        g.open("try:")
        opened += 1
    statements(g, rest)
    for name in reversed(names):
        disposal(g, name, node, waits=waits)
        opened -= 1


def store_new(g: Gen, pattern: Node, value: str) -> str:
    var = g.bind.get(pattern.start_byte)
    site = g.site(pattern)
    return g.init(var, value, site) if var is not None else store(g, pattern, value, site)


def disposal(g: Gen, name: str, node: Node, *, waits: bool) -> None:
    """Close the `try` around the use of a resource."""
    site = g.site(node)
    g.close()
    g.open("finally:")
    g.emit(DEAD)
    if waits:
        g.yields = True
        g.emit(f"yield (0, R.adispose({name}, {site}), {site})")
    else:
        g.emit(f"R.dispose({name}, {site})")
    g.close()


def effect(g: Gen, node: Node, kind: str) -> str:
    """An expression whose value nobody uses, as a Python statement."""
    if kind == "update_expression":
        return update(g, node, wants_old=False)
    if kind == "await_expression":
        return await_(g, node)
    if kind == "assignment_expression":
        left = node.child_by_field_id(g.fields.left)
        right = node.child_by_field_id(g.fields.right)
        if left is not None and right is not None and g.kinds[left.kind_id] == "identifier":
            var = g.bind.get(left.start_byte)
            if var is not None and not var.cell and var.alias is None:
                return f"{var.ref} = {expr(g, right)}"
            return assign_to(g, left, node, right)
    return expr(g, node)
