"""Simple statements, declarations of classes and namespaces, exceptions; and the table of all statements."""

from __future__ import annotations

import re
from collections.abc import Callable

from krepis.twin.typescript.lowering._assignments import bind
from krepis.twin.typescript.lowering._blocks import (
    DEAD,
    children_of,
    declaration,
    effect,
    hoist,
    statement,
    statements,
    store_new,
)
from krepis.twin.typescript.lowering._branches import if_statement, switch_statement
from krepis.twin.typescript.lowering._common import expr, first_child, named
from krepis.twin.typescript.lowering._emit import Gen
from krepis.twin.typescript.lowering._literals import class_value, enum_value
from krepis.twin.typescript.lowering._loops import do_loop, for_in_loop, for_loop, while_loop
from krepis.twin.typescript.lowering._scope import CLASSES
from tree_sitter import Node


def _block(g: Gen, node: Node) -> None:
    scope = g.a.scopes.get(node.id)
    if scope is not None:
        hoist(g, scope, node)
    statements(g, children_of(g, node))


def _labelled_block(g: Gen, node: Node, body: Node, label: str) -> None:
    pattern = rb"\bbreak\s+" + re.escape(label.encode()) + rb"(?![\w$])"
    if re.search(pattern, g.source[body.start_byte : body.end_byte]) is None:
        statement(g, body)
        return
    g.labels = frozenset({label})
    target = g.push_target("block")
    g.open("while True:")
    statement(g, body)
    g.emit("break")
    g.close()
    g.pop_target(target)


def _labelled(g: Gen, node: Node) -> None:
    label_node = node.child_by_field_id(g.fields.label)
    body = node.child_by_field_id(g.fields.body)
    if label_node is None or body is None:
        return
    label = g.text(label_node)
    if g.kinds[body.kind_id] in ("for_statement", "for_in_statement", "while_statement", "do_statement"):
        g.labels = g.labels | {label}
        statement(g, body)
    elif g.kinds[body.kind_id] == "labeled_statement":
        g.labels = g.labels | {label}
        _labelled(g, body)
    else:
        _labelled_block(g, node, body, label)


def _class_declaration(g: Gen, node: Node) -> None:
    info = g.a.classes.get(node.id)
    if info is None:
        return
    text = class_value(g, node)
    if info.var is None:
        g.emit(text)
    elif info.var.cell:
        g.emit(g.init(info.var, text, g.site(node)))
    else:
        g.emit(f"{info.var.ref} = {text}")


def _enum(g: Gen, node: Node) -> None:
    name = node.child_by_field_id(g.fields.name)
    var = g.bind.get(name.start_byte) if name is not None else None
    if var is not None:
        text = enum_value(g, node)
        if node.id in g.a.merged:
            site = g.site(node)
            text = f"R.objlit([(1, {g.read(var, site)}, {site}), (1, {text}, {site})], {site})"
        g.emit(g.init(var, text, g.site(node)))


def _namespace(g: Gen, node: Node) -> None:
    """`namespace A.B { ... }`: a function that fills an object, called at once."""
    info = g.a.functions.get(node.id)
    name = node.child_by_field_id(g.fields.name)
    var = g.bind.get(name.start_byte) if name is not None else None
    if info is None or var is None or name is None:
        return
    site = g.site(node)
    path = "".join(g.text(name).split()).split(".")
    holder = g.tmp()
    known = g.read(var, site)
    if var.kind == "namespace":
        made = g.tmp()
        fresh = f"R.obj({site})"
        g.emit(f"{holder} = {known}")
        g.open(f"if {holder} is UNDEFINED or {holder} is None:")
        g.emit(f"{made} = {holder} = {fresh}")
        g.emit(g.init(var, made, site))
        g.close()
    else:
        g.emit(f"{holder} = {known}")
    for part in path[1:]:
        inner = g.tmp()
        g.emit(f"{inner} = R.get({holder}, {part!a}, {site})")
        g.open(f"if {inner} is UNDEFINED:")
        g.emit(f"{inner} = R.set({holder}, {part!a}, R.obj({site}), {site})")
        g.close()
        holder = inner
    function = f"R.func({info.code.index}, {g.environment(info)}, fn)"
    g.emit(f"R.call({function}, UNDEFINED, [{holder}], {site})")


def _import(g: Gen, node: Node) -> None:
    """Bindings are made in the prologue."""


def _import_alias(g: Gen, node: Node) -> None:
    parts = named(g, node)
    if len(parts) == 2:
        g.emit(store_new(g, parts[0], _dotted(g, parts[1])))


def _dotted(g: Gen, node: Node) -> str:
    if g.kinds[node.kind_id] != "nested_identifier":
        return expr(g, node)
    parts = named(g, node)
    return f"R.get({_dotted(g, parts[0])}, {g.text(parts[-1])!a}, {g.site(node)})"


def _export(g: Gen, node: Node) -> None:
    fields = g.fields
    default = g.a.default_vars.get(node.id)
    value = node.child_by_field_id(fields.value)
    declaration = node.child_by_field_id(fields.declaration)
    if default is not None and value is not None:
        text = class_value(g, value) if g.kinds[value.kind_id] == "class" else expr(g, value)
        g.emit(g.init(default, text, g.site(node)))
        return
    if declaration is not None:
        statement(g, declaration)
    elif any(g.kinds[child.kind_id] == "'=" for child in node.children):
        for child in named(g, node):
            g.emit(f"R.export_assign({expr(g, child)})")
    exported = g.a.ns_exports.get(node.id)
    if exported is not None:
        ns, declared = exported
        for var in declared:
            site = g.site(node)
            g.emit(f"R.set({g.read(ns, site)}, {var.name!a}, {g.read(var, site)}, {site})")


def _nothing(g: Gen, node: Node) -> None:
    """Types, ambient declarations, hoisted functions, empty statements."""


def _expression(g: Gen, node: Node) -> None:
    inner = first_child(g, node)
    while inner is not None and g.kinds[inner.kind_id] == "parenthesized_expression":
        inner = first_child(g, inner)
    if inner is None:
        return
    kind = g.kinds[inner.kind_id]
    if kind in ("internal_module", "module"):
        _namespace(g, inner)
    else:
        g.emit(effect(g, inner, kind))


def _return(g: Gen, node: Node) -> None:
    inner = first_child(g, node)
    g.emit(f"return {expr(g, inner) if inner is not None else 'UNDEFINED'}")


def _throw(g: Gen, node: Node) -> None:
    inner = first_child(g, node)
    g.emit(f"raise R.throw({expr(g, inner) if inner is not None else 'UNDEFINED'}, {g.site(node)})")


def _break(g: Gen, node: Node) -> None:
    _jump(g, node, is_break=True)


def _continue(g: Gen, node: Node) -> None:
    _jump(g, node, is_break=False)


def _jump(g: Gen, node: Node, *, is_break: bool) -> None:
    label = node.child_by_field_id(g.fields.label)
    if not g.jump(is_break=is_break, label=g.text(label) if label is not None else None):
        g.problem(node, "this jump has no target")
        g.emit(f"raise R.Unsupported({g.module.lines.line(node.start_byte)}, 'jump without a target')")


def _with(g: Gen, node: Node) -> None:
    g.problem(node, "the with statement is not supported")
    g.emit(f"raise R.Unsupported({g.module.lines.line(node.start_byte)}, 'the with statement')")


def _try(g: Gen, node: Node) -> None:
    fields = g.fields
    body = node.child_by_field_id(fields.body)
    handler = node.child_by_field_id(fields.handler)
    finalizer = node.child_by_field_id(fields.finalizer)
    if body is None or (handler is None and finalizer is None):
        statement(g, body)
        return
    g.open("try:")
    statement(g, body)
    g.close()
    if handler is not None:
        error = g.tmp()
        g.open(f"except R.Throw as {error}:")
        value = g.tmp()
        g.emit(f"{value} = R.caught({error})")
        scope = g.a.scopes.get(handler.id)
        if scope is not None:
            hoist(g, scope, handler)
        parameter = handler.child_by_field_id(fields.parameter)
        if parameter is not None:
            steps: list[str] = []
            bind(g, parameter, value, steps, "let")
            for step in steps:
                g.emit(step)
        block = handler.child_by_field_id(fields.body)
        if block is not None:
            statements(g, children_of(g, block))
        g.close()
    if finalizer is not None:
        g.open("finally:")
        g.emit(DEAD)
        statement(g, finalizer.child_by_field_id(fields.body))
        g.close()


STATEMENTS: dict[str, Callable[[Gen, Node], None]] = {
    "statement_block": _block,
    "expression_statement": _expression,
    "lexical_declaration": declaration,
    "variable_declaration": declaration,
    "function_declaration": _nothing,
    "generator_function_declaration": _nothing,
    **dict.fromkeys(CLASSES, _class_declaration),
    "enum_declaration": _enum,
    "internal_module": _namespace,
    "module": _namespace,
    "import_statement": _import,
    "import_alias": _import_alias,
    "export_statement": _export,
    "if_statement": if_statement,
    "switch_statement": switch_statement,
    "while_statement": while_loop,
    "do_statement": do_loop,
    "for_statement": for_loop,
    "for_in_statement": for_in_loop,
    "labeled_statement": _labelled,
    "return_statement": _return,
    "throw_statement": _throw,
    "break_statement": _break,
    "continue_statement": _continue,
    "try_statement": _try,
    "with_statement": _with,
    "empty_statement": _nothing,
    "debugger_statement": _nothing,
    "interface_declaration": _nothing,
    "type_alias_declaration": _nothing,
    "ambient_declaration": _nothing,
    "function_signature": _nothing,
}
