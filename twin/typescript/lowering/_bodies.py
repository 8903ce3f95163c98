"""Function bodies: parameters, and what a module does first."""

from __future__ import annotations

from krepis.twin.typescript.code import ClassCode
from krepis.twin.typescript.lowering._assignments import bind, with_default
from krepis.twin.typescript.lowering._blocks import (
    children_of,
    hoist,
    hoist_functions,
    is_using,
    statements,
)
from krepis.twin.typescript.lowering._common import expr, first_child
from krepis.twin.typescript.lowering._emit import Gen, TooDeepError
from krepis.twin.typescript.lowering._scope import Scope, Var
from tree_sitter import Node


def function_source(g: Gen) -> str:
    """The whole Python text of the function that the writer is for."""
    info = g.info
    code = info.code
    node = info.node
    captured = "".join(f"{var.ref}, " for var in info.captures)
    if code.kind == "module":
        _module_prologue(g, info.scope, node)
        _module_statements(g, children_of(g, node))
    elif code.kind == "field":
        decorates = g.kinds[node.kind_id] == "decorator"
        value = first_child(g, node) if decorates else node.child_by_field_id(g.fields.value)
        g.emit(f"return {expr(g, value) if value is not None else 'UNDEFINED'}")
    else:
        g.create_cells(info.scope, node)
        _parameters(g, node)
        hoist_functions(g, info.scope)
        body = node.child_by_field_id(g.fields.body)
        if body is not None and g.kinds[body.kind_id] == "statement_block":
            statements(g, children_of(g, body))
        elif body is not None:
            g.emit(f"return {expr(g, body)}")
    if (g.out and not g.out[-1].startswith(" return ")) or not g.out:
        g.emit("return UNDEFINED")
    head = ["def f(R, fn, this, A, nt):"]
    if captured:
        head.append(f" {captured}= fn.env")
    if g.jumps:
        head.append(" br = 0")
    head += [f" {var.ref} = UNDEFINED" for var in info.early if not var.cell]
    if (code.is_async or code.is_generator) and not g.yields:
        g.emit("yield")
    return "\n".join(head + g.out) + "\n"


def _module_statements(g: Gen, nodes: list[Node]) -> None:
    """The statements of a module; one that nests too deeply is left out."""
    for index, node in enumerate(nodes):
        if g.kinds[node.kind_id] == "lexical_declaration" and is_using(g, node):
            statements(g, nodes[index:])
            return
        count = len(g.out)
        try:
            g.statements[g.kinds[node.kind_id]](g, node)
        except (TooDeepError, RecursionError):
            g.reset(count)
            g.problem(node, "this statement is too deeply nested to be executed")


def _module_prologue(g: Gen, scope: Scope, node: Node) -> None:
    for specifier in g.module.side_imports:
        g.emit(f"R.require({specifier!a}, {g.site(node)})")
    exported = set(g.module.exports.values())
    for var, specifier, imported, _offset in g.a.import_vars:
        if var.used or var.name in exported:
            g.emit(f"{var.ref} = R.importcell({specifier!a}, {imported!a}, {g.site(node)})")
    for var in scope.vars.values():
        if var.kind == "cjs":
            g.emit(f"{var.ref} = R.cell({var.name!a}, {g.site(node)})")
            g.emit(f"R.init({var.ref}, R.cjs_{var.name}())")
    hoist(g, scope, node)


def _parameters(g: Gen, node: Node) -> None:
    """Bind the arguments; simple names first, patterns in order."""
    info = g.info
    fields = g.fields
    if info.scope.ns is not None:
        _parameter(g, info.scope.ns, "A[0]")
        return
    if info.arguments is not None:
        _parameter(g, info.arguments, "R.arguments(A)")
    single = node.child_by_field_id(fields.parameter)
    if single is not None:
        var = g.bind.get(single.start_byte)
        if var is not None:
            _parameter(g, var, "A[0] if A else UNDEFINED")
        return
    parameters = node.child_by_field_id(fields.parameters)
    if parameters is None:
        return
    late: list[tuple[Node, str, Node | None]] = []
    count = 0
    for parameter in parameters.named_children:
        if g.kinds[parameter.kind_id] not in ("required_parameter", "optional_parameter"):
            continue
        pattern = parameter.child_by_field_id(fields.pattern)
        if pattern is None or g.kinds[pattern.kind_id] == "this":
            continue
        value = parameter.child_by_field_id(fields.value)
        argument = f"A[{count}] if len(A) > {count} else UNDEFINED"
        kind = g.kinds[pattern.kind_id]
        if kind == "identifier":
            var = g.bind.get(pattern.start_byte)
            if var is not None:
                if value is None and not late:
                    _parameter(g, var, argument)
                else:
                    late.append((pattern, argument, value))
        elif kind == "rest_pattern":
            rest = f"R.arr(A[{count}:], {g.site(pattern)})"
            inner = first_child(g, pattern)
            if inner is not None:
                late.append((inner, rest, None))
        else:
            late.append((pattern, argument, value))
        count += 1
    for pattern, argument, value in late:
        _late_parameter(g, pattern, argument, value)
    if info.klass is not None:
        _defaulted_properties(g, info.klass, parameters)


def _defaulted_properties(g: Gen, klass: ClassCode, parameters: Node) -> None:
    """Parameter properties take the argument, or the default: `super` reads it from the arguments."""
    by_name = {g.text(pattern): pattern for pattern in _defaulted(g, parameters)}
    for index, name in klass.param_properties:
        pattern = by_name.get(name)
        var = g.bind.get(pattern.start_byte) if pattern is not None else None
        if pattern is None or var is None:
            continue
        site = g.site(pattern)
        value = g.read(var, site)
        g.emit(f"A += [UNDEFINED] * ({index + 1} - len(A))")
        g.emit(f"A[{index}] = {value}")
        if not klass.has_super:
            g.emit(f"R.set(this, {name!a}, {value}, {site})")


def _defaulted(g: Gen, parameters: Node) -> list[Node]:
    """The names of the parameters that have a default."""
    return [
        pattern
        for parameter in parameters.named_children
        if parameter.child_by_field_id(g.fields.value) is not None
        if (pattern := parameter.child_by_field_id(g.fields.pattern)) is not None
    ]


def _parameter(g: Gen, var: Var, argument: str) -> None:
    g.emit(f"R.init({var.ref}, {argument})" if var.cell else f"{var.ref} = {argument}")


def _late_parameter(g: Gen, pattern: Node, argument: str, value: Node | None) -> None:
    name = g.tmp()
    steps = [f"({name} := {argument})"]
    bind(g, pattern, with_default(g, name, value), steps, "param")
    for step in steps:
        g.emit(step)
