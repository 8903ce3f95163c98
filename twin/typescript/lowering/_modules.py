"""First pass: imports and exports."""

from __future__ import annotations

from krepis.twin.typescript.lowering._declarations import (
    declared_enum,
    declared_namespace,
    declared_variables,
)
from krepis.twin.typescript.lowering._functions import (
    class_at,
    declared_function,
    decorators_of,
    new_function,
    signature,
)
from krepis.twin.typescript.lowering._scope import CLASSES, DECLARATIONS, Analysis, Scope, Var
from krepis.twin.typescript.lowering._text import string_value
from tree_sitter import Node

# ---- modules


def string(a: Analysis, node: Node | None) -> str | None:
    return None if node is None else string_value(a.source, a.kinds, node)


def import_(a: Analysis, node: Node, scope: Scope) -> None:
    a.has_es_syntax = True
    kinds = a.kinds
    source = string(a, node.child_by_field_id(a.fields.source))
    clause = None
    type_only = False
    for child in node.children:
        kind = kinds[child.kind_id]
        if kind == "'type" or kind == "'typeof":
            type_only = True
        elif kind == "import_clause":
            clause = child
        elif kind == "import_require_clause":
            import_require(a, child, scope)
            return
    if source is None:
        return
    if clause is None:
        a.module.side_imports.append(source)
        return
    for part in clause.named_children:
        kind = kinds[part.kind_id]
        if kind == "identifier":
            bind_import(a, part, source, "default", scope, type_only)
        elif kind == "namespace_import":
            local = part.named_child(0)
            if local is not None:
                bind_import(a, local, source, "*", scope, type_only)
        elif kind == "named_imports":
            for specifier in part.named_children:
                name = specifier.child_by_field_id(a.fields.name)
                alias = specifier.child_by_field_id(a.fields.alias)
                if name is not None:
                    imported = module_name(a, name)
                    only = type_only or a.has_token(specifier, "type")
                    bind_import(a, alias or name, source, imported, scope, only)


def module_name(a: Analysis, node: Node) -> str:
    return (string(a, node) if a.kind(node) == "string" else None) or a.text(node)


def bind_import(a: Analysis, local: Node, source: str, imported: str, scope: Scope, type_only: bool) -> None:
    name = a.text(local)
    a.module.imports[name] = (source, imported)
    if type_only:
        return
    known = name in scope.vars
    var = a.declare(name, scope, "import", 0)
    var.cell = True
    if not known:
        a.import_vars.append((var, source, imported, local.start_byte))


def import_require(a: Analysis, clause: Node, scope: Scope) -> None:
    name = next((c for c in clause.named_children if a.kind(c) == "identifier"), None)
    source = string(a, clause.child_by_field_id(a.fields.source))
    if name is not None and source is not None:
        bind_import(a, name, source, "*", scope, False)


def import_alias(a: Analysis, node: Node, scope: Scope) -> None:
    declared_import_alias(a, node, scope)


def declared_import_alias(a: Analysis, node: Node, scope: Scope) -> Var | None:
    parts = [child for child in node.named_children if a.kind(child) != "comment"]
    if len(parts) != 2:
        return None
    var = a.declare(a.text(parts[0]), scope, "const", parts[0].start_byte)
    a.bind[parts[0].start_byte] = var
    a.stack.append((parts[1], scope))
    return var


def nested_identifier(a: Analysis, node: Node, scope: Scope) -> None:
    first = node.named_child(0)
    if first is not None:
        a.stack.append((first, scope))


def export(a: Analysis, node: Node, scope: Scope) -> None:
    a.has_es_syntax = a.has_es_syntax or scope.ns is None
    kinds = a.kinds
    fields = a.fields
    module = a.module
    source = string(a, node.child_by_field_id(fields.source))
    value = node.child_by_field_id(fields.value)
    declaration = node.child_by_field_id(fields.declaration)
    is_default = type_only = equals = False
    for child in node.children:
        kind = kinds[child.kind_id]
        if kind == "'default":
            is_default = True
        elif kind == "'type":
            type_only = True
        elif kind == "'=":
            equals = True
        elif kind == "'*" and source is not None:
            module.star_exports.append(source)
        elif kind == "namespace_export" and source is not None:
            alias = child.named_child(0)
            if alias is not None:
                module.reexports[module_name(a, alias)] = (source, "*")
        elif kind == "export_clause":
            export_clause(a, child, scope, source)
        elif equals and child.is_named and kind != "comment":
            a.stack.append((child, scope))
    if type_only:
        return
    if is_default:
        export_default(a, node, value or declaration, scope)
    elif declaration is not None:
        declared = declare(a, declaration, scope, node)
        if scope.ns is not None:
            namespace_exports(a, node, scope.ns, declared)
        else:
            for var in declared:
                module.exports[var.name] = var.name


def namespace_exports(a: Analysis, node: Node, ns: Var, declared: list[Var]) -> None:
    for var in declared:
        a.ns_members.setdefault(a.ns_paths[ns], []).append(var.name)
        if var.kind in ("let", "var"):
            var.alias = ns
    a.ns_exports[node.id] = (ns, [var for var in declared if var.alias is None])


def declare(a: Analysis, node: Node, scope: Scope, outer: Node) -> list[Var]:
    kind = a.kind(node)
    if node.id in a.dropped:
        return []
    var: Var | None = None
    if kind in ("lexical_declaration", "variable_declaration"):
        return declared_variables(a, node, scope, outer.start_byte)
    if kind in ("function_declaration", "generator_function_declaration"):
        var = declared_function(a, node, scope, outer.start_byte)
    elif kind in CLASSES:
        decorators = decorators_of(a, outer) + decorators_of(a, node)
        var = class_at(a, node, scope, None, outer.start_byte, decorators)
    elif kind == "enum_declaration":
        var = declared_enum(a, node, scope)
    elif kind in ("internal_module", "module"):
        var = declared_namespace(a, node, scope)
    elif kind == "import_alias":
        var = declared_import_alias(a, node, scope)
    else:
        a.stack.append((node, scope))
    return [var] if var is not None else []


def export_default(a: Analysis, node: Node, value: Node | None, scope: Scope) -> None:
    if value is None:
        return
    kind = a.kind(value)
    exports = a.module.exports
    name = value.child_by_field_id(a.fields.name) if kind in CLASSES or "function" in kind else None
    if kind in ("interface_declaration", "type_alias_declaration"):
        a.stack.append((value, scope))
        return
    if kind in ("function_expression", "generator_function") or kind in DECLARATIONS:
        if kind in CLASSES:
            var = declare(a, value, scope, node)
            if var:
                exports["default"] = var[0].name
            return
        own = a.text(name) if name is not None else "default"
        function_var = a.declare(own, scope, "function", 0)
        if name is not None:
            a.bind[name.start_byte] = function_var
        body = value.child_by_field_id(a.fields.body)
        info = new_function(a, value, scope, "function", own, node.start_byte, body)
        signature(a, info, value)
        scope.hoisted.append((function_var, info))
        exports["default"] = own
        return
    a.hint(value, "default", node.start_byte)
    default = a.declare("default", scope, "class" if kind == "class" else "const", node.start_byte)
    a.default_vars[node.id] = default
    exports["default"] = "default"
    if kind == "class":
        decorators = decorators_of(a, node) + decorators_of(a, value)
        class_at(a, value, scope, "default", node.start_byte, decorators)
        a.classes[value.id].var = default
    else:
        a.stack.append((value, scope))


def export_clause(a: Analysis, clause: Node, scope: Scope, source: str | None) -> None:
    for specifier in clause.named_children:
        name = specifier.child_by_field_id(a.fields.name)
        if name is None:
            continue
        local = module_name(a, name)
        alias = specifier.child_by_field_id(a.fields.alias)
        exported = module_name(a, alias) if alias is not None else local
        if source is not None:
            a.module.reexports[exported] = (source, local)
        else:
            a.module.exports[exported] = local
