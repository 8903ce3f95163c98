"""First pass: functions, methods and classes."""

from __future__ import annotations

from krepis.twin.typescript.code import (
    ClassCode,
    Decorator,
    FunctionCode,
    FunctionKind,
    Member,
    MemberKind,
    TypeRef,
)
from krepis.twin.typescript.lowering._scope import FUNCTIONS, Analysis, ClassInfo, FnInfo, Scope, Var
from krepis.twin.typescript.lowering._text import property_name
from tree_sitter import Node


def new_function(
    a: Analysis,
    node: Node,
    scope: Scope,
    kind: FunctionKind,
    own_name: str | None,
    anchor: int,
    body: Node | None,
    qualifier: str | None = None,
) -> FnInfo:
    """Register a function whose enclosing scope is `scope`; its body is visited later."""
    parent = scope.fn
    prefix = parent.qualifier if qualifier is None else qualifier
    if own_name is None:
        name = f"<anonymous> in {prefix}" if prefix else "<anonymous>"
        inner = prefix
    elif own_name.endswith(" callback"):
        name = f"{own_name} in {prefix}" if prefix else own_name
        inner = prefix
    else:
        name = inner = own_name if " " in own_name or not prefix else f"{prefix}.{own_name}"
    module = a.module
    code = FunctionCode(len(module.functions), name, kind, module, node.start_byte, node.end_byte, anchor)
    module.functions.append(code)
    info = FnInfo(code, node, parent, inner)
    a.infos.append(info)
    a.functions[node.id] = info
    own = info.scope = Scope(scope, info, "function")
    if body is not None:
        if a.kinds[body.kind_id] == "statement_block":
            a.push(body.children, own)
        else:
            a.stack.append((body, own))
    return info


def signature(a: Analysis, info: FnInfo, node: Node) -> None:
    """Modifiers, parameters and types of a function."""
    fields = a.fields
    kinds = a.kinds
    code = info.code
    for child in node.children:
        kind = kinds[child.kind_id]
        if kind == "'async":
            code.is_async = True
        elif kind == "'*" or kind == "'function*":
            code.is_generator = True
        elif kind == "formal_parameters":
            parameters(a, info, child)
        elif kind == "type_parameters":
            code.type_params = a.types.parameters(child)
        elif kind in ("statement_block", "'=>"):
            break
    if kinds[node.kind_id].startswith("generator_function"):
        code.is_generator = True
    single = node.child_by_field_id(fields.parameter)
    if single is not None:
        a.declare_pattern(single, info.scope, info.scope, "param")
        code.param_names.append(a.text(single))
        code.param_types.append(None)
        code.param_decorators.append([])
        code.n_params = 1
    code.return_type = a.types.annotation(node.child_by_field_id(fields.return_type))


def parameters(a: Analysis, info: FnInfo, parameters: Node) -> None:
    fields = a.fields
    kinds = a.kinds
    code = info.code
    counting = True
    for parameter in parameters.named_children:
        if kinds[parameter.kind_id] not in ("required_parameter", "optional_parameter"):
            continue
        pattern = parameter.child_by_field_id(fields.pattern)
        if pattern is None or kinds[pattern.kind_id] == "this":
            continue
        value = parameter.child_by_field_id(fields.value)
        annotation = parameter.child_by_field_id(fields.type)
        decorators = [
            a.text(child).lstrip("@").strip()
            for child in parameter.named_children
            if kinds[child.kind_id] == "decorator"
        ]
        kind = kinds[pattern.kind_id]
        if kind == "identifier":
            name = a.name(pattern)
            var = a.declare(name, info.scope, "param", pattern.start_byte)
            var.bound = parameter.end_byte
            a.bind[pattern.start_byte] = var
        else:
            name = " ".join(a.text(pattern).split())
            a.declare_pattern(pattern, info.scope, info.scope, "param", parameter.end_byte)
        if value is not None:
            a.hint(value, name, value.start_byte)
            a.stack.append((value, info.scope))
        code.param_names.append(name.removeprefix("..."))
        code.param_types.append(a.types.annotation(annotation))
        code.param_decorators.append(decorators)
        counting = counting and value is None and kind != "rest_pattern"
        code.n_params += counting


def function_declaration(a: Analysis, node: Node, scope: Scope) -> None:
    declared_function(a, node, scope, node.start_byte)


def declared_function(a: Analysis, node: Node, scope: Scope, anchor: int) -> Var | None:
    name = node.child_by_field_id(a.fields.name)
    body = node.child_by_field_id(a.fields.body)
    if name is None or body is None:
        return None
    own = a.text(name)
    var = a.declare(own, scope, "function", 0)
    a.bind[name.start_byte] = var
    info = new_function(a, node, scope, "function", own, anchor, body)
    signature(a, info, node)
    scope.hoisted.append((var, info))
    return var


def function_value(a: Analysis, node: Node, scope: Scope) -> None:
    own, anchor = a.hints.pop(node.id, (None, node.start_byte))
    kind = a.kinds[node.kind_id]
    self_var = None
    if kind != "arrow_function":
        name = node.child_by_field_id(a.fields.name)
        if name is not None:
            text = a.text(name)
            own = text if own is None or own.endswith(" callback") else own
            scope = Scope(scope, scope.fn, "own-name")
            self_var = a.declare(text, scope, "function", 0)
    is_arrow = kind == "arrow_function"
    body = node.child_by_field_id(a.fields.body)
    info = new_function(a, node, scope, "arrow" if is_arrow else "function", own, anchor, body)
    info.self_var = self_var
    signature(a, info, node)


def object_method(a: Analysis, node: Node, scope: Scope) -> None:
    """A method or accessor of an object literal."""
    name = node.child_by_field_id(a.fields.name)
    own = member_name(a, name)
    kind: FunctionKind = "method"
    for child in node.children:
        token = a.kinds[child.kind_id]
        if token == "'get":
            kind = "getter"
        elif token == "'set":
            kind = "setter"
        elif token == "formal_parameters":
            break
    if name is not None and a.kinds[name.kind_id] == "computed_property_name":
        a.stack.append((name, scope))
    body = node.child_by_field_id(a.fields.body)
    info = new_function(a, node, scope, kind, own or "[computed]", node.start_byte, body)
    signature(a, info, node)


def member_name(a: Analysis, name: Node | None) -> str | None:
    if name is None:
        return None
    return property_name(a.source, a.kinds, name)


# ---- classes


def class_(a: Analysis, node: Node, scope: Scope) -> None:
    own, anchor = a.hints.pop(node.id, (None, node.start_byte))
    class_at(a, node, scope, own, anchor, decorators_of(a, node))


def class_at(
    a: Analysis, node: Node, scope: Scope, own: str | None, anchor: int, decorators: list[Decorator]
) -> Var | None:
    fields = a.fields
    kinds = a.kinds
    name_node = node.child_by_field_id(fields.name)
    written = a.text(name_node) if name_node is not None else None
    own = written or own
    prefix = scope.fn.qualifier
    qualified = f"{prefix}.{own}" if prefix and own else own or "<anonymous class>"
    module = a.module
    code = ClassCode(
        len(module.classes),
        qualified,
        module,
        node.start_byte,
        node.end_byte,
        anchor,
        decorators=decorators,
    )
    module.classes.append(code)
    info = a.classes[node.id] = ClassInfo(code)
    var = None
    class_scope = Scope(scope, scope.fn, "class")
    if kinds[node.kind_id] == "class":
        if written is not None:
            info.var = a.declare(written, class_scope, "class", 0)
            info.own_name = True
    elif written is not None and name_node is not None:
        var = info.var = a.declare(written, scope, "class", name_node.start_byte)
        a.bind[name_node.start_byte] = var
    if info.var is not None:
        info.var.bound = node.end_byte
    for child in node.children:
        kind = kinds[child.kind_id]
        if kind == "class_heritage":
            heritage(a, info, child, class_scope)
        elif kind == "type_parameters":
            code.type_params = a.types.parameters(child)
        elif kind == "'abstract":
            code.abstract = True
        elif kind == "class_body":
            class_body(a, info, child, class_scope)
    return var


def heritage(a: Analysis, info: ClassInfo, node: Node, scope: Scope) -> None:
    for clause in node.named_children:
        kind = a.kinds[clause.kind_id]
        if kind == "extends_clause":
            value = clause.child_by_field_id(a.fields.value)
            if value is not None:
                info.heritage = value
                info.code.has_super = True
                arguments = a.types.arguments(clause.child_by_field_id(a.fields.type_arguments))
                info.code.super_type = TypeRef("".join(a.text(value).split()), arguments)
                a.stack.append((value, scope))
        elif kind == "implements_clause":
            info.code.implements = [a.types.of(child) for child in clause.named_children if a.kind(child) != "comment"]
        elif kind not in ("comment", "ERROR", "type_arguments"):
            info.heritage = clause
            info.code.has_super = True
            info.code.super_type = TypeRef("".join(a.text(clause).split()))
            a.stack.append((clause, scope))


def decorators_of(a: Analysis, node: Node) -> list[Decorator]:
    return [decorator_of(a, child) for child in node.children if a.kind(child) == "decorator"]


def decorator_of(a: Analysis, node: Node) -> Decorator:
    text = a.text(node).lstrip("@").strip()
    head, paren, tail = text.partition("(")
    return Decorator("".join(head.split()), tail.removesuffix(")").strip() if paren else "")


def class_body(a: Analysis, info: ClassInfo, body: Node, scope: Scope) -> None:
    kinds = a.kinds
    pending: list[Decorator] = []
    marks: list[Node] = []
    anchor = -1
    for child in body.children:
        kind = kinds[child.kind_id]
        if kind == "decorator":
            pending.append(decorator_of(a, child))
            marks.append(child)
            anchor = child.start_byte if anchor < 0 else anchor
            continue
        if kind in ("method_definition", "public_field_definition", "class_static_block"):
            if child.id not in a.dropped:
                start = child.start_byte if anchor < 0 else anchor
                if kind == "method_definition":
                    method(a, info, child, scope, pending, start)
                    for mark in reversed(marks):
                        decoration(a, info, mark, child, scope)
                elif kind == "public_field_definition":
                    field(a, info, child, scope, pending, start)
                else:
                    static_block(a, info, child, scope, start)
        elif kind == "comment":
            a.comment(child)
            continue
        pending = []
        marks = []
        anchor = -1
    if info.code.ctor is not None:
        ctor = next(f for f in info.functions if f.code is info.code.ctor)
        info.functions.remove(ctor)
        info.functions.insert(0, ctor)


def method(a: Analysis, info: ClassInfo, node: Node, scope: Scope, decorators: list[Decorator], anchor: int) -> None:
    kinds = a.kinds
    name = node.child_by_field_id(a.fields.name)
    own = member_name(a, name)
    static = False
    member_kind: MemberKind = "method"
    for child in node.children:
        token = kinds[child.kind_id]
        if token == "'static":
            static = True
        elif token == "'get":
            member_kind = "get"
        elif token == "'set":
            member_kind = "set"
        elif token == "decorator":
            decorators = [*decorators, decorator_of(a, child)]
        elif token == "formal_parameters":
            break
    is_ctor = own == "constructor" and not static and member_kind == "method"
    body = node.child_by_field_id(a.fields.body)
    if body is None:
        return
    kind: FunctionKind = (
        "constructor" if is_ctor else {"get": "getter", "set": "setter"}.get(member_kind, "method")  # type: ignore[assignment]
    )
    function = new_function(a, node, scope, kind, own or "[computed]", anchor, body, info.code.name)
    signature(a, function, node)
    info.functions.append(function)
    if is_ctor:
        info.code.ctor = function.code
        function.klass = info.code
        parameter_properties(a, info, node)
        return
    if own is None and name is not None:
        info.keys.append(name)
        a.stack.append((name, scope))
    private = own is not None and own.startswith("#")
    info.code.members.append(
        Member(member_kind, static, own, private, function.code.return_type, decorators, function.code, False)
    )


def decoration(a: Analysis, info: ClassInfo, mark: Node, node: Node, scope: Scope) -> None:
    """A decorator of a method as code that gives it, unless it comes from a package."""
    value = next((child for child in mark.named_children if a.kind(child) != "comment"), None)
    own = member_name(a, node.child_by_field_id(a.fields.name))
    decorator = decorator_of(a, mark)
    source = a.module.imports.get(decorator.name.split(".")[0])
    if value is None or own is None or own == "constructor" or (source is not None and not _own(source[0])):
        return
    static = any(a.kind(child) == "'static" for child in node.children)
    function = new_function(a, mark, scope, "field", f"@{decorator.name}", mark.start_byte, None, info.code.name)
    a.stack.append((value, function.scope))
    info.functions.append(function)
    info.code.members.append(Member("decorator", static, own, False, None, [decorator], function.code, False))


def _own(specifier: str) -> bool:
    """Whether an import may name a module of the project itself."""
    return specifier.startswith((".", "@/", "~", "#", "src/"))


def parameter_properties(a: Analysis, info: ClassInfo, node: Node) -> None:
    kinds = a.kinds
    parameters = node.child_by_field_id(a.fields.parameters)
    index = 0
    for parameter in parameters.named_children if parameters is not None else []:
        pattern = parameter.child_by_field_id(a.fields.pattern)
        if pattern is None or kinds[pattern.kind_id] == "this":
            continue
        if any(
            kinds[child.kind_id] in ("accessibility_modifier", "'readonly", "override_modifier")
            for child in parameter.children
        ):
            info.code.param_properties.append((index, a.text(pattern)))
        index += 1


def field(a: Analysis, info: ClassInfo, node: Node, scope: Scope, decorators: list[Decorator], anchor: int) -> None:
    kinds = a.kinds
    fields = a.fields
    name = node.child_by_field_id(fields.name)
    own = member_name(a, name)
    value = node.child_by_field_id(fields.value)
    member_kind: MemberKind = "field"
    static = readonly = ambient = False
    for child in node.children:
        token = kinds[child.kind_id]
        if token == "'static":
            static = True
        elif token == "'readonly":
            readonly = True
        elif token == "'accessor":
            member_kind = "accessor"
        elif token == "decorator":
            decorators = [*decorators, decorator_of(a, child)]
        elif token in ("'declare", "'abstract"):
            value = None
            ambient = True
        elif token == "'=":
            break
    annotation = node.child_by_field_id(fields.type)
    code = None
    if value is not None:
        function = new_function(a, node, scope, "field", own or "[computed]", anchor, None, info.code.name)
        inner = a.unwrap(value)
        if kinds[inner.kind_id] in FUNCTIONS or kinds[inner.kind_id] == "class":
            # Named after the field itself, not `Class.field.field`.
            function.qualifier = info.code.name
            a.hints[inner.id] = (own or "[computed]", anchor)
        a.stack.append((value, function.scope))
        info.functions.append(function)
        code = function.code
    if own is None and name is not None:
        info.keys.append(name)
        a.stack.append((name, scope))
    info.code.members.append(
        Member(
            member_kind,
            static,
            own,
            own is not None and own.startswith("#"),
            a.types.annotation(annotation),
            decorators,
            code,
            readonly,
            ambient,
        )
    )


def static_block(a: Analysis, info: ClassInfo, node: Node, scope: Scope, anchor: int) -> None:
    body = node.child_by_field_id(a.fields.body)
    function = new_function(a, node, scope, "static-block", "static", anchor, body, info.code.name)
    info.functions.append(function)
    info.code.members.append(Member("static-block", True, "static", False, None, [], function.code, False))
