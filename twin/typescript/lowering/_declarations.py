"""First pass: statements that declare, expressions that write, and names for the functions in them."""

from __future__ import annotations

from krepis.twin.typescript.code import TypeDecl, TypeRef
from krepis.twin.typescript.lowering._functions import member_name, new_function
from krepis.twin.typescript.lowering._scope import (
    DECLARATIONS,
    FUNCTIONS,
    MEMBERS,
    NAMES,
    Analysis,
    Scope,
    Var,
)
from tree_sitter import Node

# ---- statements


def block(a: Analysis, node: Node, scope: Scope) -> None:
    children = node.children
    kinds = a.kinds
    if any(kinds[child.kind_id] in DECLARATIONS for child in children):
        scope = a.scopes[node.id] = Scope(scope, scope.fn, "block")
    a.push(children, scope)


def own_scope(a: Analysis, node: Node, scope: Scope) -> None:
    inner = a.scopes[node.id] = Scope(scope, scope.fn, "loop")
    a.push(node.children, inner)


def switch_body(a: Analysis, node: Node, scope: Scope) -> None:
    inner = a.scopes[node.id] = Scope(scope, scope.fn, "switch")
    a.push(node.children, inner)


def variables(a: Analysis, node: Node, scope: Scope) -> None:
    declared_variables(a, node, scope, node.start_byte)


def declared_variables(a: Analysis, node: Node, scope: Scope, anchor: int) -> list[Var]:
    fields = a.fields
    kinds = a.kinds
    keyword = node.child_by_field_id(fields.kind)
    kind = kinds[keyword.kind_id][1:] if keyword is not None else "var"
    holder = scope.fn.scope if kind == "var" else scope
    declared: list[Var] = []
    values: list[Node] = []
    for declarator in node.named_children:
        declarator_kind = kinds[declarator.kind_id]
        if declarator_kind == "comment":
            a.comment(declarator)
        if declarator_kind != "variable_declarator":
            continue
        pattern = declarator.child_by_field_id(fields.name)
        value = declarator.child_by_field_id(fields.value)
        if pattern is None:
            continue
        if kinds[pattern.kind_id] == "identifier":
            name = a.name(pattern)
            again = kind == "var" and value is not None and name in holder.vars
            var = a.declare(name, holder, kind, pattern.start_byte)
            var.bound = max(var.bound, declarator.end_byte)
            var.writes += again
            a.bind[pattern.start_byte] = var
            declared.append(var)
            if value is not None:
                a.hint(value, name, anchor)
            if holder.kind == "module":
                annotation = a.types.annotation(declarator.child_by_field_id(fields.type))
                if annotation is not None:
                    a.module.var_types[name] = annotation
        else:
            declared += a.declare_pattern(pattern, scope, holder, kind, declarator.end_byte)
        if value is not None:
            values.append(value)
    a.push(values, scope)
    return declared


def for_in(a: Analysis, node: Node, scope: Scope) -> None:
    fields = a.fields
    keyword = node.child_by_field_id(fields.kind)
    left = node.child_by_field_id(fields.left)
    right = node.child_by_field_id(fields.right)
    body = node.child_by_field_id(fields.body)
    inner = a.scopes[node.id] = Scope(scope, scope.fn, "loop")
    if body is not None:
        a.stack.append((body, inner))
    if right is not None:
        a.stack.append((right, scope))
    if left is not None:
        if keyword is None:
            a.assign_pattern(left, scope)
        else:
            kind = a.kinds[keyword.kind_id][1:]
            holder = scope.fn.scope if kind == "var" else inner
            for var in a.declare_pattern(left, inner, holder, kind):
                var.writes += kind == "var"
    if a.has_token(node, "await"):
        scope.fn.code.has_await = True


def catch(a: Analysis, node: Node, scope: Scope) -> None:
    inner = a.scopes[node.id] = Scope(scope, scope.fn, "catch")
    parameter = node.child_by_field_id(a.fields.parameter)
    body = node.child_by_field_id(a.fields.body)
    if body is not None:
        a.push(body.children, inner)
    if parameter is not None:
        a.declare_pattern(parameter, inner, inner, "let")


def enum(a: Analysis, node: Node, scope: Scope) -> None:
    declared_enum(a, node, scope)


def declared_enum(a: Analysis, node: Node, scope: Scope) -> Var | None:
    name = node.child_by_field_id(a.fields.name)
    body = node.child_by_field_id(a.fields.body)
    if name is None or body is None:
        return None
    text = a.text(name)
    if text in scope.vars:
        a.merged.add(node.id)
    var = a.declare(text, scope, "enum", name.start_byte)
    a.bind[name.start_byte] = var
    members: dict[str, TypeRef] = {}
    for child in body.named_children:
        key = child.child_by_field_id(a.fields.name) if a.kind(child) == "enum_assignment" else child
        value = child.child_by_field_id(a.fields.value) if key is not child else None
        if value is not None:
            a.stack.append((value, scope))
        member = member_name(a, key)
        if member is not None and a.kind(child) != "comment":
            members[member] = TypeRef("literal")
    a.module.types.setdefault(text, TypeDecl(text, "enum", TypeRef("{}", members=members)))
    return var


def namespace(a: Analysis, node: Node, scope: Scope) -> None:
    declared_namespace(a, node, scope)


def declared_namespace(a: Analysis, node: Node, scope: Scope) -> Var | None:
    name = node.child_by_field_id(a.fields.name)
    body = node.child_by_field_id(a.fields.body)
    if name is None or body is None or a.kind(name) == "string":
        return None
    path = "".join(a.text(name).split())
    root = path.partition(".")[0]
    first = root not in scope.vars
    var = a.declare(root, scope, "namespace", 0)
    if first:
        scope.fn.early[var] = None
    info = new_function(a, node, scope, "function", path, node.start_byte, body)
    ns = info.scope.ns = a.declare("%ns", info.scope, "param", 0)
    a.ns_paths[ns] = (var, path)
    for earlier in a.ns_members.get((var, path), ()):
        a.declare(earlier, info.scope, "let", 0).alias = ns
    a.bind[name.start_byte] = var
    return var


def interface(a: Analysis, node: Node, scope: Scope) -> None:
    fields = a.fields
    name = node.child_by_field_id(fields.name)
    body = node.child_by_field_id(fields.body)
    if name is None or body is None:
        return
    text = a.text(name)
    extends = [
        a.types.of(child)
        for clause in node.named_children
        if a.kind(clause) == "extends_type_clause"
        for child in clause.named_children
        if a.kind(child) != "comment"
    ]
    members = a.types.members(body)
    known = a.module.types.get(text)
    if known is not None and known.kind == "interface":
        known.type = TypeRef("{}", members={**known.type.members, **members})
        known.extends += extends
        return
    parameters = a.types.parameters(node.child_by_field_id(fields.type_parameters))
    a.module.types[text] = TypeDecl(text, "interface", TypeRef("{}", members=members), extends, parameters)


def alias(a: Analysis, node: Node, scope: Scope) -> None:
    name = node.child_by_field_id(a.fields.name)
    value = node.child_by_field_id(a.fields.value)
    if name is not None and value is not None:
        text = a.text(name)
        parameters = a.types.parameters(node.child_by_field_id(a.fields.type_parameters))
        a.module.types[text] = TypeDecl(text, "alias", a.types.of(value), [], parameters)


def ambient(a: Analysis, node: Node, scope: Scope) -> None:
    """`declare ...`: only types come out of it."""
    for child in node.named_children:
        kind = a.kind(child)
        if kind in ("interface_declaration", "type_alias_declaration"):
            a.stack.append((child, scope))
        elif kind in ("lexical_declaration", "variable_declaration"):
            for declarator in child.named_children:
                name = declarator.child_by_field_id(a.fields.name)
                annotation = declarator.child_by_field_id(a.fields.type)
                if name is not None and annotation is not None:
                    read = a.types.annotation(annotation)
                    if read is not None:
                        a.module.var_types.setdefault(a.text(name), read)


# ---- expressions that declare, write or name


def assignment(a: Analysis, node: Node, scope: Scope) -> None:
    left = node.child_by_field_id(a.fields.left)
    right = node.child_by_field_id(a.fields.right)
    if right is not None:
        a.stack.append((right, scope))
    if left is None:
        return
    inner = a.unwrap(left)
    kind = a.kinds[inner.kind_id]
    if kind in MEMBERS:
        if right is not None and kind == "member_expression":
            name = inner.child_by_field_id(a.fields.property)
            if name is not None:
                a.hint(right, a.text(name), node.start_byte)
        a.stack.append((inner, scope))
        return
    if right is not None and kind == "identifier":
        a.hint(right, a.text(inner), node.start_byte)
    a.assign_pattern(inner, scope)


def augmented(a: Analysis, node: Node, scope: Scope) -> None:
    left = node.child_by_field_id(a.fields.left)
    right = node.child_by_field_id(a.fields.right)
    if right is not None:
        if left is not None and a.kind(left) in NAMES:
            a.hint(right, a.text(left), node.start_byte)
        a.stack.append((right, scope))
    if left is not None:
        target(a, left, scope)


def update(a: Analysis, node: Node, scope: Scope) -> None:
    argument = node.child_by_field_id(a.fields.argument)
    if argument is not None:
        target(a, argument, scope)


def target(a: Analysis, node: Node, scope: Scope) -> None:
    inner = a.unwrap(node)
    if a.kinds[inner.kind_id] in NAMES:
        a.write(inner, scope)
    else:
        a.stack.append((inner, scope))


def pair(a: Analysis, node: Node, scope: Scope) -> None:
    key = node.child_by_field_id(a.fields.key)
    value = node.child_by_field_id(a.fields.value)
    if value is not None:
        name = member_name(a, key)
        if name is not None:
            a.hint(value, name, node.start_byte)
        a.stack.append((value, scope))
    if key is not None and a.kinds[key.kind_id] == "computed_property_name":
        a.stack.append((key, scope))


def call(a: Analysis, node: Node, scope: Scope) -> None:
    arguments = node.child_by_field_id(a.fields.arguments)
    function = node.child_by_field_id(a.fields.function) or node.child_by_field_id(a.fields.constructor)
    if arguments is not None:
        if a.kinds[arguments.kind_id] == "arguments":
            children = arguments.children
            if function is not None:
                callback: str | None = None
                for child in children:
                    if a.kinds[child.kind_id] in FUNCTIONS:
                        callback = callback or a.callback_name(node, function, arguments)
                        a.hints[child.id] = (callback, node.start_byte)
            a.push(children, scope)
        else:
            a.stack.append((arguments, scope))
    if function is not None:
        a.stack.append((function, scope))


def await_(a: Analysis, node: Node, scope: Scope) -> None:
    scope.fn.code.has_await = True
    a.push(node.children, scope)


def comment(a: Analysis, node: Node, scope: Scope) -> None:
    a.module.opaque.append((node.start_byte, node.end_byte, True))


def literal(a: Analysis, node: Node, scope: Scope) -> None:
    a.module.opaque.append((node.start_byte, node.end_byte, False))


def template(a: Analysis, node: Node, scope: Scope) -> None:
    a.module.opaque.append((node.start_byte, node.end_byte, False))
    if node.named_child_count:
        a.push(node.children, scope)


def jsx_opening(a: Analysis, node: Node, scope: Scope) -> None:
    name = node.child_by_field_id(a.fields.name)
    for child in reversed(node.children):
        if name is not None and child.id == name.id:
            if a.kind(name) != "identifier" or not a.text(name)[:1].islower():
                a.stack.append((child, scope))
        else:
            a.stack.append((child, scope))
