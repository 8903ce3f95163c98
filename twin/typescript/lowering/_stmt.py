"""Statements and function bodies to Python lines.

A condition is always a Python expression, so `if`, `else if` and `while` stay what they are.  `continue` in a
loop with an increment works because the increment runs at the top of the next round.  A `switch` without
fall-through becomes an if-chain, any other a loop of one round whose cases run from a computed number on.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from krepis.twin.typescript.lowering._assignments import assign_to, bind, store, with_default
from krepis.twin.typescript.lowering._common import expr, first_child, named
from krepis.twin.typescript.lowering._emit import Gen, TooDeepError
from krepis.twin.typescript.lowering._expr import typed
from krepis.twin.typescript.lowering._literals import class_value, enum_value
from krepis.twin.typescript.lowering._operators import await_, condition, update
from krepis.twin.typescript.lowering._scope import CLASSES, NAMES, Scope, Var
from tree_sitter import Node

_DEAD = "if R.dead: raise R.Dead"
_LEAVES = frozenset({"return_statement", "throw_statement", "continue_statement", "break_statement"})


def function_source(g: Gen) -> str:
    """The whole Python text of the function that the writer is for."""
    info = g.info
    code = info.code
    node = info.node
    captured = "".join(f"{var.ref}, " for var in info.captures)
    if code.kind == "module":
        _module_prologue(g, info.scope, node)
        _module_statements(g, _children(g, node))
    elif code.kind == "field":
        value = node.child_by_field_id(g.fields.value)
        g.emit(f"return {expr(g, value) if value is not None else 'UNDEFINED'}")
    else:
        g.create_cells(info.scope, node)
        _parameters(g, node)
        _hoist_functions(g, info.scope)
        body = node.child_by_field_id(g.fields.body)
        if body is not None and g.kinds[body.kind_id] == "statement_block":
            statements(g, _children(g, body))
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
        if g.kinds[node.kind_id] == "lexical_declaration" and _is_using(g, node):
            statements(g, nodes[index:])
            return
        count = len(g.out)
        try:
            _STATEMENTS[g.kinds[node.kind_id]](g, node)
        except (TooDeepError, RecursionError):
            g.reset(count)
            g.problem(node, "this statement is too deeply nested to be executed")


def _children(g: Gen, node: Node) -> list[Node]:
    dropped = g.a.dropped
    kinds = g.kinds
    return [
        child
        for child in node.children
        if kinds[child.kind_id] in _STATEMENTS and not (dropped and child.id in dropped)
    ]


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
    _hoist(g, scope, node)


def _hoist(g: Gen, scope: Scope, node: Node) -> None:
    """Cells and functions at the entry of a scope."""
    g.create_cells(scope, node)
    _hoist_functions(g, scope)


def _hoist_functions(g: Gen, scope: Scope) -> None:
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


def _parameter(g: Gen, var: Var, argument: str) -> None:
    g.emit(f"R.init({var.ref}, {argument})" if var.cell else f"{var.ref} = {argument}")


def _late_parameter(g: Gen, pattern: Node, argument: str, value: Node | None) -> None:
    name = g.tmp()
    steps = [f"({name} := {argument})"]
    bind(g, pattern, with_default(g, name, value), steps, "param")
    for step in steps:
        g.emit(step)


# ---- blocks


def statements(g: Gen, nodes: list[Node]) -> None:
    """A list of statements; `using` declarations protect the rest of it."""
    count = len(g.out)
    for index, node in enumerate(nodes):
        if g.kinds[node.kind_id] == "lexical_declaration" and _is_using(g, node):
            _using(g, node, nodes[index + 1 :])
            return
        _STATEMENTS[g.kinds[node.kind_id]](g, node)
    if len(g.out) == count:
        g.emit("pass")


def statement(g: Gen, node: Node | None) -> None:
    """A statement that is the body of another one."""
    handler = _STATEMENTS.get(g.kinds[node.kind_id]) if node is not None else None
    count = len(g.out)
    if handler is not None and node is not None and not (g.a.dropped and node.id in g.a.dropped):
        handler(g, node)
    if len(g.out) == count:
        g.emit("pass")


def _block(g: Gen, node: Node) -> None:
    scope = g.a.scopes.get(node.id)
    if scope is not None:
        _hoist(g, scope, node)
    statements(g, _children(g, node))


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


# ---- declarations


def _declaration(g: Gen, node: Node) -> None:
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


def _is_using(g: Gen, node: Node) -> bool:
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
        _disposal(g, name, node, waits=waits)
        opened -= 1


def store_new(g: Gen, pattern: Node, value: str) -> str:
    var = g.bind.get(pattern.start_byte)
    site = g.site(pattern)
    return g.init(var, value, site) if var is not None else store(g, pattern, value, site)


def _disposal(g: Gen, name: str, node: Node, *, waits: bool) -> None:
    """Close the `try` around the use of a resource."""
    site = g.site(node)
    g.close()
    g.open("finally:")
    g.emit(_DEAD)
    if waits:
        g.yields = True
        g.emit(f"yield (0, R.adispose({name}, {site}), {site})")
    else:
        g.emit(f"R.dispose({name}, {site})")
    g.close()


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


# ---- simple statements


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
        g.emit(_effect(g, inner, kind))


def _effect(g: Gen, node: Node, kind: str) -> str:
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


# ---- branches


def _leaves(g: Gen, node: Node | None) -> bool:
    """Whether a statement always leaves: it ends in return, throw, break or continue."""
    while node is not None and g.kinds[node.kind_id] == "statement_block":
        children = _children(g, node)
        node = children[-1] if children else None
    return node is not None and g.kinds[node.kind_id] in _LEAVES


def _if(g: Gen, node: Node) -> None:
    fields = g.fields
    keyword = "if"
    current: Node | None = node
    while current is not None:
        test = current.child_by_field_id(fields.condition)
        then = current.child_by_field_id(fields.consequence)
        otherwise = current.child_by_field_id(fields.alternative)
        guard = otherwise is None and _leaves(g, then)
        text = condition(g, test, "unlikely" if guard else "truth") if test is not None else "False"
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


def _switch(g: Gen, node: Node) -> None:
    value = node.child_by_field_id(g.fields.value)
    body = node.child_by_field_id(g.fields.body)
    if value is None or body is None:
        return
    scope = g.a.scopes.get(body.id)
    subject = g.tmp()
    g.emit(f"{subject} = {expr(g, value)}")
    if scope is not None:
        _hoist(g, scope, body)
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
    code = [child for child in _children(g, case) if value is None or child.id != value.id]
    if len(code) == 1 and g.kinds[code[0].kind_id] == "statement_block" and code[0].id not in g.a.scopes:
        code = _children(g, code[0]) or code
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


# ---- loops


def _while(g: Gen, node: Node) -> None:
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


def _do(g: Gen, node: Node) -> None:
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


def _for(g: Gen, node: Node) -> None:
    fields = g.fields
    labels, g.labels = g.labels, frozenset()
    scope = g.a.scopes.get(node.id)
    initializer = node.child_by_field_id(fields.initializer)
    if scope is not None:
        _hoist(g, scope, node)
    if initializer is not None:
        kind = g.kinds[initializer.kind_id]
        if kind in ("lexical_declaration", "variable_declaration"):
            _declaration(g, initializer)
        elif kind != "empty_statement":
            g.emit(_effect(g, initializer, kind))
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
            g.emit(_effect(g, increment, g.kinds[increment.kind_id]))
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


def _for_in(g: Gen, node: Node) -> None:
    fields = g.fields
    left = node.child_by_field_id(fields.left)
    right = node.child_by_field_id(fields.right)
    operator = node.child_by_field_id(fields.operator)
    if left is None or right is None or operator is None:
        return
    if any(g.kinds[child.kind_id] == "'await" for child in node.children):
        _for_await(g, node, left, right)
        return
    iterate = "keys" if g.kinds[operator.kind_id] == "'in" else "iter"
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
        _disposal(g, value, node, waits=using != "using")


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
    g.emit(_DEAD)
    g.emit(f"if not {closed}: yield (0, R.areturn({iterator}), {site})")
    g.close()
    g.pop_target(target)


# ---- exceptions


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
            _hoist(g, scope, handler)
        parameter = handler.child_by_field_id(fields.parameter)
        if parameter is not None:
            steps: list[str] = []
            bind(g, parameter, value, steps, "let")
            for step in steps:
                g.emit(step)
        block = handler.child_by_field_id(fields.body)
        if block is not None:
            statements(g, _children(g, block))
        g.close()
    if finalizer is not None:
        g.open("finally:")
        g.emit(_DEAD)
        statement(g, finalizer.child_by_field_id(fields.body))
        g.close()


_STATEMENTS: dict[str, Callable[[Gen, Node], None]] = {
    "statement_block": _block,
    "expression_statement": _expression,
    "lexical_declaration": _declaration,
    "variable_declaration": _declaration,
    "function_declaration": _nothing,
    "generator_function_declaration": _nothing,
    **dict.fromkeys(CLASSES, _class_declaration),
    "enum_declaration": _enum,
    "internal_module": _namespace,
    "module": _namespace,
    "import_statement": _import,
    "import_alias": _import_alias,
    "export_statement": _export,
    "if_statement": _if,
    "switch_statement": _switch,
    "while_statement": _while,
    "do_statement": _do,
    "for_statement": _for,
    "for_in_statement": _for_in,
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
