"""First pass over a module: functions, classes, declarations, and what every identifier means.

Strategy: one walk with an explicit stack (depth of nesting costs no recursion) declares names and collects
references; a second loop over the references, when all declarations are known, resolves them, which makes
hoisting a matter of course.  A variable that an inner function mentions, and every variable of the module's top
level, lives in a cell; every function between the mention and the declaration captures that cell.

Rules: types, decorators and ambient declarations are not code.  Statements (or class members) that contain a
syntax error are in `dropped` and not visited.  There is no temporal dead zone.
Deliberately absent: sloppy-mode hoisting of functions out of blocks; `with`; `eval`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from krepis.twin.typescript.code import (
    ClassCode,
    Decorator,
    FunctionCode,
    FunctionKind,
    Member,
    MemberKind,
    ModuleCode,
    TypeDecl,
    TypeRef,
)
from krepis.twin.typescript.lowering._text import property_name, string_value
from krepis.twin.typescript.lowering._types import Types
from krepis.twin.typescript.syntax import Grammar, Syntax
from tree_sitter import Node

FUNCTIONS = frozenset({"arrow_function", "function_expression", "generator_function"})
CLASSES = frozenset({"class", "class_declaration", "abstract_class_declaration"})
WRAPPERS = frozenset(
    {
        "parenthesized_expression",
        "as_expression",
        "satisfies_expression",
        "non_null_expression",
        "instantiation_expression",
    }
)
MEMBERS = frozenset({"member_expression", "subscript_expression"})
NAMES = frozenset({"identifier", "shorthand_property_identifier_pattern"})
_DECLARATIONS = frozenset(
    {
        "lexical_declaration",
        "variable_declaration",
        "function_declaration",
        "generator_function_declaration",
        "class_declaration",
        "abstract_class_declaration",
        "enum_declaration",
    }
)
_TYPES_ONLY = frozenset(
    {
        "type_annotation",
        "type_arguments",
        "type_parameters",
        "type_predicate_annotation",
        "asserts_annotation",
        "interface_declaration",
        "type_alias_declaration",
        "implements_clause",
        "ambient_declaration",
        "function_signature",
        "method_signature",
        "abstract_method_signature",
        "index_signature",
        "decorator",
    }
)
_LEAVES = frozenset(
    {
        "property_identifier",
        "private_property_identifier",
        "statement_identifier",
        "number",
        "this",
        "super",
        "true",
        "false",
        "null",
        "undefined",
        "string_fragment",
        "escape_sequence",
        "hash_bang_line",
        "html_comment",
        "optional_chain",
        "meta_property",
        "break_statement",
        "continue_statement",
        "debugger_statement",
        "empty_statement",
        "jsx_closing_element",
        "import",
        "override_modifier",
        "accessibility_modifier",
        "export_clause",
        "ERROR",
    }
)
_STATEMENT_PARENTS = frozenset(
    {"program", "statement_block", "switch_case", "switch_default", "class_body", "ERROR"}
)
_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "all", "head", "options"})


class Var:
    """One variable.  `ref` is its name in generated text: a local, or the local that holds its cell."""

    __slots__ = ("alias", "cell", "fn", "kind", "name", "pos", "ref", "top", "used", "writes")

    def __init__(self, name: str, kind: str, fn: FnInfo, pos: int, number: int) -> None:
        self.name = name
        self.kind = kind
        self.fn = fn
        self.pos = pos
        self.ref = f"v{number}"
        self.cell = False
        self.top = False
        self.used = False
        self.writes = 0
        self.alias: Var | None = None


class Scope:
    """A region of names.  `hoisted` are function declarations; `ns` the object that a namespace fills."""

    __slots__ = ("fn", "hoisted", "kind", "ns", "parent", "vars")

    def __init__(self, parent: Scope | None, fn: FnInfo, kind: str) -> None:
        self.parent = parent
        self.fn = fn
        self.kind = kind
        self.vars: dict[str, Var] = {}
        self.hoisted: list[tuple[Var, FnInfo]] = []
        self.ns: Var | None = None


class FnInfo:
    """A function while its module is lowered.  `qualifier` prefixes the names of functions inside."""

    __slots__ = ("arguments", "captures", "code", "early", "node", "parent", "qualifier", "scope", "self_var")

    def __init__(self, code: FunctionCode, node: Node, parent: FnInfo | None, qualifier: str) -> None:
        self.code = code
        self.node = node
        self.parent = parent
        self.qualifier = qualifier
        self.captures: dict[Var, None] = {}
        self.early: dict[Var, None] = {}
        self.scope: Scope
        self.self_var: Var | None = None
        self.arguments: Var | None = None


class ClassInfo:
    """A class while its module is lowered; `keys` are the nodes of computed member names in order."""

    __slots__ = ("code", "functions", "heritage", "keys", "own_name", "var")

    def __init__(self, code: ClassCode) -> None:
        self.code = code
        self.functions: list[FnInfo] = []
        self.heritage: Node | None = None
        self.keys: list[Node] = []
        self.var: Var | None = None
        self.own_name = False


class Analysis:
    """The result of the first pass.  Nodes are referred to by id, identifiers by byte offset."""

    def __init__(self, syntax: Syntax, module: ModuleCode) -> None:
        self.module = module
        self.syntax = syntax
        self.source = syntax.source
        self.kinds = syntax.grammar.kinds
        self.fields = syntax.grammar.fields
        self.types = Types(self.source, self.kinds, self.fields)
        self.infos: list[FnInfo] = []
        self.functions: dict[int, FnInfo] = {}
        self.classes: dict[int, ClassInfo] = {}
        self.scopes: dict[int, Scope] = {}
        self.bind: dict[int, Var] = {}
        self.dropped: set[int] = set()
        self.default_vars: dict[int, Var] = {}
        self.ns_exports: dict[int, tuple[Var, list[Var]]] = {}
        self.import_vars: list[tuple[Var, str, str, int]] = []
        self._references: list[tuple[str, Scope, int, bool]] = []
        self._hints: dict[int, tuple[str, int]] = {}
        self._stack: list[tuple[Node, Scope]] = []
        self._numbers = 0
        self._has_es_syntax = False

    def run(self) -> None:
        """Fill everything; the module's records too."""
        root = self.syntax.root
        if root.has_error:
            self._drop_errors(root)
        code = FunctionCode(0, "<module>", "module", self.module, 0, root.end_byte, 0)
        info = FnInfo(code, root, None, "")
        scope = info.scope = Scope(None, info, "module")
        self.module.functions.append(code)
        self.infos.append(info)
        self.functions[root.id] = info
        self._push(root.children, scope)
        stack = self._stack
        handlers = _handler_table(self.syntax.grammar)
        dropped = self.dropped
        while stack:
            node, scope = stack.pop()
            handler = handlers.get(node.kind_id)
            if handler is not None and not (dropped and node.id in dropped):
                handler(self, node, scope)
        code.is_async = code.has_await
        self._resolve()
        self._finish()

    # ---- small helpers

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def kind(self, node: Node) -> str:
        return self.kinds[node.kind_id]

    def has_token(self, node: Node, token: str) -> bool:
        """Whether an anonymous token is a direct child, before any body."""
        wanted = "'" + token
        return any(self.kinds[child.kind_id] == wanted for child in node.children)

    def unwrap(self, node: Node) -> Node:
        """The expression inside parentheses, assertions of type and the like."""
        while self.kinds[node.kind_id] in WRAPPERS:
            inner = node.named_child(0)
            if inner is None or self.kinds[inner.kind_id] == "comment":
                break
            node = inner
        return node

    def _push(self, nodes: list[Node], scope: Scope) -> None:
        stack = self._stack
        for node in reversed(nodes):
            stack.append((node, scope))

    def _descend(self, node: Node, scope: Scope) -> None:
        stack = self._stack
        for child in reversed(node.children):
            stack.append((child, scope))

    def _problem(self, node: Node, message: str) -> None:
        self.module.note(node.start_byte, message, "parse-error")

    def _drop_errors(self, root: Node) -> None:
        """Find syntax errors; drop the smallest statement or class member around each."""
        kinds = self.kinds
        pending: list[tuple[Node, Node | None]] = [(root, None)]
        while pending:
            node, holder = pending.pop()
            kind = kinds[node.kind_id]
            if node.is_missing:
                if kind not in ("';", "'!"):
                    self._problem(node, f"syntax error: {kind.lstrip(chr(39))} is missing")
                    if holder is not None:
                        self.dropped.add(holder.id)
                continue
            if kind == "ERROR" and node.id != root.id:
                self._problem(node, "syntax error: this was not understood")
                if holder is not None:
                    self.dropped.add(holder.id)
            in_types = kind in _TYPES_ONLY and kind != "ambient_declaration"
            for child in node.children:
                if child.is_missing or child.has_error:
                    if in_types:
                        continue
                    is_statement = kind in _STATEMENT_PARENTS
                    pending.append((child, child if is_statement else holder))

    # ---- declarations and references

    def _declare(self, name: str, scope: Scope, kind: str, pos: int) -> Var:
        known = scope.vars.get(name)
        if known is not None:
            if kind == "function" and known.kind in ("param", "var", "function"):
                known.writes += known.kind == "var"
            return known
        self._numbers += 1
        var = Var(name, kind, scope.fn, pos, self._numbers)
        scope.vars[name] = var
        if scope.kind == "module":
            var.cell = var.top = True
            self.module.top_level[name] = kind
        elif scope.kind == "switch":
            scope.fn.early[var] = None
        return var

    def _var_scope(self, scope: Scope) -> Scope:
        return scope.fn.scope

    def _refer(self, node: Node, scope: Scope) -> None:
        start = node.start_byte
        self._references.append(
            (self.source[start : node.end_byte].decode("utf-8", "replace"), scope, start, False)
        )

    def _write(self, node: Node, scope: Scope) -> None:
        self._references.append((self.text(node), scope, node.start_byte, True))

    def _pattern(self, node: Node, scope: Scope, on_name: Callable[[Node], None]) -> None:
        """Visit the names of a binding or assignment pattern; defaults and keys are ordinary code."""
        pending = [node]
        fields = self.fields
        while pending:
            node = pending.pop()
            kind = self.kinds[node.kind_id]
            if kind in NAMES:
                on_name(node)
            elif kind in ("object_pattern", "array_pattern", "rest_pattern"):
                pending.extend(reversed(node.named_children))
            elif kind == "pair_pattern":
                key = node.child_by_field_id(fields.key)
                value = node.child_by_field_id(fields.value)
                if key is not None:
                    self._stack.append((key, scope))
                if value is not None:
                    pending.append(value)
            elif kind in ("assignment_pattern", "object_assignment_pattern"):
                left = node.child_by_field_id(fields.left)
                right = node.child_by_field_id(fields.right)
                if right is not None:
                    if left is not None and self.kinds[left.kind_id] in NAMES:
                        self._hint(right, self.text(left), right.start_byte)
                    self._stack.append((right, scope))
                if left is not None:
                    pending.append(left)
            elif kind in WRAPPERS:
                pending.append(self.unwrap(node))
            elif kind in MEMBERS:
                self._stack.append((node, scope))

    def _declare_pattern(self, node: Node, scope: Scope, holder: Scope, kind: str) -> list[Var]:
        declared: list[Var] = []

        def on_name(name: Node) -> None:
            var = self._declare(self.text(name), holder, kind, name.start_byte)
            self.bind[name.start_byte] = var
            declared.append(var)

        self._pattern(node, scope, on_name)
        return declared

    def _assign_pattern(self, node: Node, scope: Scope) -> None:
        self._pattern(node, scope, lambda name: self._write(name, scope))

    # ---- names for people

    def _hint(self, node: Node, name: str, anchor: int) -> None:
        inner = self.unwrap(node)
        kind = self.kinds[inner.kind_id]
        if kind in FUNCTIONS or kind == "class":
            self._hints[inner.id] = (name, anchor)

    def _callback_name(self, call: Node, function: Node, arguments: Node) -> str:
        callee = "".join(self.text(function).split())
        method = callee.rpartition(".")[2]
        first = next((c for c in arguments.named_children if self.kind(c) != "comment"), None)
        literal = None
        if first is not None and self.kind(first) in ("string", "template_string"):
            literal = string_value(self.source, self.kinds, first)
        if literal is not None and method in _ROUTES and "." in callee and literal.startswith(("/", "*")):
            return f"{method.upper()} {literal}"
        if len(callee) > 40 or "(" in callee or "{" in callee:
            callee = method if re.fullmatch(r"[\w$]{1,40}", method) else "function"
        return f"{callee}('{literal}') callback" if literal and len(literal) <= 40 else f"{callee} callback"

    # ---- functions

    def _function(
        self,
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
        module = self.module
        code = FunctionCode(len(module.functions), name, kind, module, node.start_byte, node.end_byte, anchor)
        module.functions.append(code)
        info = FnInfo(code, node, parent, inner)
        self.infos.append(info)
        self.functions[node.id] = info
        own = info.scope = Scope(scope, info, "function")
        if body is not None:
            if self.kinds[body.kind_id] == "statement_block":
                self._push(body.children, own)
            else:
                self._stack.append((body, own))
        return info

    def _signature(self, info: FnInfo, node: Node) -> None:
        """Modifiers, parameters and types of a function."""
        fields = self.fields
        kinds = self.kinds
        code = info.code
        for child in node.children:
            kind = kinds[child.kind_id]
            if kind == "'async":
                code.is_async = True
            elif kind == "'*" or kind == "'function*":
                code.is_generator = True
            elif kind == "formal_parameters":
                self._parameters(info, child)
            elif kind == "type_parameters":
                code.type_params = self.types.parameters(child)
            elif kind in ("statement_block", "'=>"):
                break
        if kinds[node.kind_id].startswith("generator_function"):
            code.is_generator = True
        single = node.child_by_field_id(fields.parameter)
        if single is not None:
            self._declare_pattern(single, info.scope, info.scope, "param")
            code.param_names.append(self.text(single))
            code.param_types.append(None)
            code.param_decorators.append([])
            code.n_params = 1
        code.return_type = self.types.annotation(node.child_by_field_id(fields.return_type))

    def _parameters(self, info: FnInfo, parameters: Node) -> None:
        fields = self.fields
        kinds = self.kinds
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
                self.text(child).lstrip("@").strip()
                for child in parameter.named_children
                if kinds[child.kind_id] == "decorator"
            ]
            kind = kinds[pattern.kind_id]
            if kind == "identifier":
                name = self.text(pattern)
                var = self._declare(name, info.scope, "param", pattern.start_byte)
                self.bind[pattern.start_byte] = var
            else:
                name = " ".join(self.text(pattern).split())
                self._declare_pattern(pattern, info.scope, info.scope, "param")
            if value is not None:
                self._hint(value, name, value.start_byte)
                self._stack.append((value, info.scope))
            code.param_names.append(name.removeprefix("..."))
            code.param_types.append(self.types.annotation(annotation))
            code.param_decorators.append(decorators)
            counting = counting and value is None and kind != "rest_pattern"
            code.n_params += counting

    def _function_declaration(self, node: Node, scope: Scope) -> None:
        self._declared_function(node, scope, node.start_byte)

    def _declared_function(self, node: Node, scope: Scope, anchor: int) -> Var | None:
        name = node.child_by_field_id(self.fields.name)
        body = node.child_by_field_id(self.fields.body)
        if name is None or body is None:
            return None
        own = self.text(name)
        var = self._declare(own, scope, "function", 0)
        self.bind[name.start_byte] = var
        info = self._function(node, scope, "function", own, anchor, body)
        self._signature(info, node)
        scope.hoisted.append((var, info))
        return var

    def _function_value(self, node: Node, scope: Scope) -> None:
        own, anchor = self._hints.pop(node.id, (None, node.start_byte))
        kind = self.kinds[node.kind_id]
        self_var = None
        if kind != "arrow_function":
            name = node.child_by_field_id(self.fields.name)
            if name is not None:
                text = self.text(name)
                own = text if own is None or own.endswith(" callback") else own
                scope = Scope(scope, scope.fn, "own-name")
                self_var = self._declare(text, scope, "function", 0)
        is_arrow = kind == "arrow_function"
        body = node.child_by_field_id(self.fields.body)
        info = self._function(node, scope, "arrow" if is_arrow else "function", own, anchor, body)
        info.self_var = self_var
        self._signature(info, node)

    def _object_method(self, node: Node, scope: Scope) -> None:
        """A method or accessor of an object literal."""
        name = node.child_by_field_id(self.fields.name)
        own = self._member_name(name)
        kind: FunctionKind = "method"
        for child in node.children:
            token = self.kinds[child.kind_id]
            if token == "'get":
                kind = "getter"
            elif token == "'set":
                kind = "setter"
            elif token == "formal_parameters":
                break
        if name is not None and self.kinds[name.kind_id] == "computed_property_name":
            self._stack.append((name, scope))
        body = node.child_by_field_id(self.fields.body)
        info = self._function(node, scope, kind, own or "[computed]", node.start_byte, body)
        self._signature(info, node)

    def _member_name(self, name: Node | None) -> str | None:
        if name is None:
            return None
        return property_name(self.source, self.kinds, name)

    # ---- classes

    def _class(self, node: Node, scope: Scope) -> None:
        own, anchor = self._hints.pop(node.id, (None, node.start_byte))
        self._class_at(node, scope, own, anchor, self._decorators(node))

    def _class_at(
        self, node: Node, scope: Scope, own: str | None, anchor: int, decorators: list[Decorator]
    ) -> Var | None:
        fields = self.fields
        kinds = self.kinds
        name_node = node.child_by_field_id(fields.name)
        written = self.text(name_node) if name_node is not None else None
        own = written or own
        prefix = scope.fn.qualifier
        qualified = f"{prefix}.{own}" if prefix and own else own or "<anonymous class>"
        module = self.module
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
        info = self.classes[node.id] = ClassInfo(code)
        var = None
        class_scope = Scope(scope, scope.fn, "class")
        if kinds[node.kind_id] == "class":
            if written is not None:
                info.var = self._declare(written, class_scope, "class", 0)
                info.own_name = True
        elif written is not None and name_node is not None:
            var = info.var = self._declare(written, scope, "class", node.start_byte)
            self.bind[name_node.start_byte] = var
        for child in node.children:
            kind = kinds[child.kind_id]
            if kind == "class_heritage":
                self._heritage(info, child, class_scope)
            elif kind == "type_parameters":
                code.type_params = self.types.parameters(child)
            elif kind == "'abstract":
                code.abstract = True
            elif kind == "class_body":
                self._class_body(info, child, class_scope)
        return var

    def _heritage(self, info: ClassInfo, node: Node, scope: Scope) -> None:
        for clause in node.named_children:
            kind = self.kinds[clause.kind_id]
            if kind == "extends_clause":
                value = clause.child_by_field_id(self.fields.value)
                if value is not None:
                    info.heritage = value
                    info.code.has_super = True
                    arguments = self.types.arguments(clause.child_by_field_id(self.fields.type_arguments))
                    info.code.super_type = TypeRef("".join(self.text(value).split()), arguments)
                    self._stack.append((value, scope))
            elif kind == "implements_clause":
                info.code.implements = [
                    self.types.of(child) for child in clause.named_children if self.kind(child) != "comment"
                ]
            elif kind not in ("comment", "ERROR", "type_arguments"):
                info.heritage = clause
                info.code.has_super = True
                info.code.super_type = TypeRef("".join(self.text(clause).split()))
                self._stack.append((clause, scope))

    def _decorators(self, node: Node) -> list[Decorator]:
        return [self._decorator(child) for child in node.children if self.kind(child) == "decorator"]

    def _decorator(self, node: Node) -> Decorator:
        text = self.text(node).lstrip("@").strip()
        head, paren, tail = text.partition("(")
        return Decorator("".join(head.split()), tail.removesuffix(")").strip() if paren else "")

    def _class_body(self, info: ClassInfo, body: Node, scope: Scope) -> None:
        kinds = self.kinds
        pending: list[Decorator] = []
        anchor = -1
        for child in body.children:
            kind = kinds[child.kind_id]
            if kind == "decorator":
                pending.append(self._decorator(child))
                anchor = child.start_byte if anchor < 0 else anchor
                continue
            if kind in ("method_definition", "public_field_definition", "class_static_block"):
                if child.id not in self.dropped:
                    start = child.start_byte if anchor < 0 else anchor
                    if kind == "method_definition":
                        self._method(info, child, scope, pending, start)
                    elif kind == "public_field_definition":
                        self._field(info, child, scope, pending, start)
                    else:
                        self._static_block(info, child, scope, start)
            elif kind == "comment":
                self._comment(child, scope)
                continue
            pending = []
            anchor = -1
        if info.code.ctor is not None:
            ctor = next(f for f in info.functions if f.code is info.code.ctor)
            info.functions.remove(ctor)
            info.functions.insert(0, ctor)

    def _method(
        self, info: ClassInfo, node: Node, scope: Scope, decorators: list[Decorator], anchor: int
    ) -> None:
        kinds = self.kinds
        name = node.child_by_field_id(self.fields.name)
        own = self._member_name(name)
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
                decorators = [*decorators, self._decorator(child)]
            elif token == "formal_parameters":
                break
        is_ctor = own == "constructor" and not static and member_kind == "method"
        body = node.child_by_field_id(self.fields.body)
        if body is None:
            return
        kind: FunctionKind = (
            "constructor" if is_ctor else {"get": "getter", "set": "setter"}.get(member_kind, "method")  # type: ignore[assignment]
        )
        function = self._function(node, scope, kind, own or "[computed]", anchor, body, info.code.name)
        self._signature(function, node)
        info.functions.append(function)
        if is_ctor:
            info.code.ctor = function.code
            self._parameter_properties(info, node)
            return
        if own is None and name is not None:
            info.keys.append(name)
            self._stack.append((name, scope))
        private = own is not None and own.startswith("#")
        info.code.members.append(
            Member(
                member_kind, static, own, private, function.code.return_type, decorators, function.code, False
            )
        )

    def _parameter_properties(self, info: ClassInfo, node: Node) -> None:
        kinds = self.kinds
        parameters = node.child_by_field_id(self.fields.parameters)
        index = 0
        for parameter in parameters.named_children if parameters is not None else []:
            pattern = parameter.child_by_field_id(self.fields.pattern)
            if pattern is None or kinds[pattern.kind_id] == "this":
                continue
            if any(
                kinds[child.kind_id] in ("accessibility_modifier", "'readonly", "override_modifier")
                for child in parameter.children
            ):
                info.code.param_properties.append((index, self.text(pattern)))
            index += 1

    def _field(
        self, info: ClassInfo, node: Node, scope: Scope, decorators: list[Decorator], anchor: int
    ) -> None:
        kinds = self.kinds
        fields = self.fields
        name = node.child_by_field_id(fields.name)
        own = self._member_name(name)
        value = node.child_by_field_id(fields.value)
        member_kind: MemberKind = "field"
        static = readonly = False
        for child in node.children:
            token = kinds[child.kind_id]
            if token == "'static":
                static = True
            elif token == "'readonly":
                readonly = True
            elif token == "'accessor":
                member_kind = "accessor"
            elif token == "decorator":
                decorators = [*decorators, self._decorator(child)]
            elif token in ("'declare", "'abstract"):
                value = None
            elif token == "'=":
                break
        annotation = node.child_by_field_id(fields.type)
        code = None
        if value is not None:
            function = self._function(node, scope, "field", own or "[computed]", anchor, None, info.code.name)
            inner = self.unwrap(value)
            if kinds[inner.kind_id] in FUNCTIONS or kinds[inner.kind_id] == "class":
                # Named after the field itself, not `Class.field.field`.
                function.qualifier = info.code.name
                self._hints[inner.id] = (own or "[computed]", anchor)
            self._stack.append((value, function.scope))
            info.functions.append(function)
            code = function.code
        if own is None and name is not None:
            info.keys.append(name)
            self._stack.append((name, scope))
        info.code.members.append(
            Member(
                member_kind,
                static,
                own,
                own is not None and own.startswith("#"),
                self.types.annotation(annotation),
                decorators,
                code,
                readonly,
            )
        )

    def _static_block(self, info: ClassInfo, node: Node, scope: Scope, anchor: int) -> None:
        body = node.child_by_field_id(self.fields.body)
        function = self._function(node, scope, "static-block", "static", anchor, body, info.code.name)
        info.functions.append(function)
        info.code.members.append(
            Member("static-block", True, "static", False, None, [], function.code, False)
        )

    # ---- statements

    def _block(self, node: Node, scope: Scope) -> None:
        children = node.children
        kinds = self.kinds
        if any(kinds[child.kind_id] in _DECLARATIONS for child in children):
            scope = self.scopes[node.id] = Scope(scope, scope.fn, "block")
        self._push(children, scope)

    def _own_scope(self, node: Node, scope: Scope) -> None:
        inner = self.scopes[node.id] = Scope(scope, scope.fn, "loop")
        self._push(node.children, inner)

    def _switch_body(self, node: Node, scope: Scope) -> None:
        inner = self.scopes[node.id] = Scope(scope, scope.fn, "switch")
        self._push(node.children, inner)

    def _variables(self, node: Node, scope: Scope) -> None:
        self._declared_variables(node, scope, node.start_byte)

    def _declared_variables(self, node: Node, scope: Scope, anchor: int) -> list[Var]:
        fields = self.fields
        kinds = self.kinds
        keyword = node.child_by_field_id(fields.kind)
        kind = kinds[keyword.kind_id][1:] if keyword is not None else "var"
        holder = self._var_scope(scope) if kind == "var" else scope
        declared: list[Var] = []
        values: list[Node] = []
        for declarator in node.named_children:
            declarator_kind = kinds[declarator.kind_id]
            if declarator_kind == "comment":
                self._comment(declarator, scope)
            if declarator_kind != "variable_declarator":
                continue
            pattern = declarator.child_by_field_id(fields.name)
            value = declarator.child_by_field_id(fields.value)
            if pattern is None:
                continue
            if kinds[pattern.kind_id] == "identifier":
                name = self.text(pattern)
                again = kind == "var" and value is not None and name in holder.vars
                var = self._declare(name, holder, kind, pattern.start_byte)
                var.writes += again
                self.bind[pattern.start_byte] = var
                declared.append(var)
                if value is not None:
                    self._hint(value, name, anchor)
                if holder.kind == "module":
                    annotation = self.types.annotation(declarator.child_by_field_id(fields.type))
                    if annotation is not None:
                        self.module.var_types[name] = annotation
            else:
                declared += self._declare_pattern(pattern, scope, holder, kind)
            if value is not None:
                values.append(value)
        self._push(values, scope)
        return declared

    def _for_in(self, node: Node, scope: Scope) -> None:
        fields = self.fields
        keyword = node.child_by_field_id(fields.kind)
        left = node.child_by_field_id(fields.left)
        right = node.child_by_field_id(fields.right)
        body = node.child_by_field_id(fields.body)
        inner = self.scopes[node.id] = Scope(scope, scope.fn, "loop")
        if body is not None:
            self._stack.append((body, inner))
        if right is not None:
            self._stack.append((right, scope))
        if left is not None:
            if keyword is None:
                self._assign_pattern(left, scope)
            else:
                kind = self.kinds[keyword.kind_id][1:]
                holder = self._var_scope(scope) if kind == "var" else inner
                for var in self._declare_pattern(left, inner, holder, kind):
                    var.writes += kind == "var"
        if self.has_token(node, "await"):
            scope.fn.code.has_await = True

    def _catch(self, node: Node, scope: Scope) -> None:
        inner = self.scopes[node.id] = Scope(scope, scope.fn, "catch")
        parameter = node.child_by_field_id(self.fields.parameter)
        body = node.child_by_field_id(self.fields.body)
        if body is not None:
            self._push(body.children, inner)
        if parameter is not None:
            self._declare_pattern(parameter, inner, inner, "let")

    def _enum(self, node: Node, scope: Scope) -> None:
        self._declared_enum(node, scope)

    def _declared_enum(self, node: Node, scope: Scope) -> Var | None:
        name = node.child_by_field_id(self.fields.name)
        body = node.child_by_field_id(self.fields.body)
        if name is None or body is None:
            return None
        text = self.text(name)
        var = self._declare(text, scope, "enum", name.start_byte)
        self.bind[name.start_byte] = var
        members: dict[str, TypeRef] = {}
        for child in body.named_children:
            key = (
                child.child_by_field_id(self.fields.name) if self.kind(child) == "enum_assignment" else child
            )
            value = child.child_by_field_id(self.fields.value) if key is not child else None
            if value is not None:
                self._stack.append((value, scope))
            member = self._member_name(key)
            if member is not None and self.kind(child) != "comment":
                members[member] = TypeRef("literal")
        self.module.types.setdefault(text, TypeDecl(text, "enum", TypeRef("{}", members=members)))
        return var

    def _namespace(self, node: Node, scope: Scope) -> None:
        self._declared_namespace(node, scope)

    def _declared_namespace(self, node: Node, scope: Scope) -> Var | None:
        name = node.child_by_field_id(self.fields.name)
        body = node.child_by_field_id(self.fields.body)
        if name is None or body is None or self.kind(name) == "string":
            return None
        path = "".join(self.text(name).split())
        root = path.partition(".")[0]
        first = root not in scope.vars
        var = self._declare(root, scope, "namespace", 0)
        if first:
            scope.fn.early[var] = None
        info = self._function(node, scope, "function", path, node.start_byte, body)
        info.scope.ns = self._declare("%ns", info.scope, "param", 0)
        self.bind[name.start_byte] = var
        return var

    def _interface(self, node: Node, scope: Scope) -> None:
        fields = self.fields
        name = node.child_by_field_id(fields.name)
        body = node.child_by_field_id(fields.body)
        if name is None or body is None:
            return
        text = self.text(name)
        extends = [
            self.types.of(child)
            for clause in node.named_children
            if self.kind(clause) == "extends_type_clause"
            for child in clause.named_children
            if self.kind(child) != "comment"
        ]
        members = self.types.members(body)
        known = self.module.types.get(text)
        if known is not None and known.kind == "interface":
            known.type = TypeRef("{}", members={**known.type.members, **members})
            known.extends += extends
            return
        parameters = self.types.parameters(node.child_by_field_id(fields.type_parameters))
        self.module.types[text] = TypeDecl(
            text, "interface", TypeRef("{}", members=members), extends, parameters
        )

    def _alias(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_id(self.fields.name)
        value = node.child_by_field_id(self.fields.value)
        if name is not None and value is not None:
            text = self.text(name)
            parameters = self.types.parameters(node.child_by_field_id(self.fields.type_parameters))
            self.module.types[text] = TypeDecl(text, "alias", self.types.of(value), [], parameters)

    def _ambient(self, node: Node, scope: Scope) -> None:
        """`declare ...`: only types come out of it."""
        for child in node.named_children:
            kind = self.kind(child)
            if kind in ("interface_declaration", "type_alias_declaration"):
                self._stack.append((child, scope))
            elif kind in ("lexical_declaration", "variable_declaration"):
                for declarator in child.named_children:
                    name = declarator.child_by_field_id(self.fields.name)
                    annotation = declarator.child_by_field_id(self.fields.type)
                    if name is not None and annotation is not None:
                        read = self.types.annotation(annotation)
                        if read is not None:
                            self.module.var_types.setdefault(self.text(name), read)

    # ---- modules

    def _string(self, node: Node | None) -> str | None:
        return None if node is None else string_value(self.source, self.kinds, node)

    def _import(self, node: Node, scope: Scope) -> None:
        self._has_es_syntax = True
        kinds = self.kinds
        source = self._string(node.child_by_field_id(self.fields.source))
        clause = None
        type_only = False
        for child in node.children:
            kind = kinds[child.kind_id]
            if kind == "'type" or kind == "'typeof":
                type_only = True
            elif kind == "import_clause":
                clause = child
            elif kind == "import_require_clause":
                self._import_require(child, scope)
                return
        if source is None:
            return
        if clause is None:
            self.module.side_imports.append(source)
            return
        for part in clause.named_children:
            kind = kinds[part.kind_id]
            if kind == "identifier":
                self._imported(part, source, "default", scope, type_only)
            elif kind == "namespace_import":
                local = part.named_child(0)
                if local is not None:
                    self._imported(local, source, "*", scope, type_only)
            elif kind == "named_imports":
                for specifier in part.named_children:
                    name = specifier.child_by_field_id(self.fields.name)
                    alias = specifier.child_by_field_id(self.fields.alias)
                    if name is not None:
                        imported = self._module_name(name)
                        only = type_only or self.has_token(specifier, "type")
                        self._imported(alias or name, source, imported, scope, only)

    def _module_name(self, node: Node) -> str:
        return (self._string(node) if self.kind(node) == "string" else None) or self.text(node)

    def _imported(self, local: Node, source: str, imported: str, scope: Scope, type_only: bool) -> None:
        name = self.text(local)
        self.module.imports[name] = (source, imported)
        if type_only:
            return
        known = name in scope.vars
        var = self._declare(name, scope, "import", 0)
        var.cell = True
        if not known:
            self.import_vars.append((var, source, imported, local.start_byte))

    def _import_require(self, clause: Node, scope: Scope) -> None:
        name = next((c for c in clause.named_children if self.kind(c) == "identifier"), None)
        source = self._string(clause.child_by_field_id(self.fields.source))
        if name is not None and source is not None:
            self._imported(name, source, "*", scope, False)

    def _import_alias(self, node: Node, scope: Scope) -> None:
        self._declared_import_alias(node, scope)

    def _declared_import_alias(self, node: Node, scope: Scope) -> Var | None:
        parts = [child for child in node.named_children if self.kind(child) != "comment"]
        if len(parts) != 2:
            return None
        var = self._declare(self.text(parts[0]), scope, "const", parts[0].start_byte)
        self.bind[parts[0].start_byte] = var
        self._stack.append((parts[1], scope))
        return var

    def _nested_identifier(self, node: Node, scope: Scope) -> None:
        first = node.named_child(0)
        if first is not None:
            self._stack.append((first, scope))

    def _export(self, node: Node, scope: Scope) -> None:
        self._has_es_syntax = self._has_es_syntax or scope.ns is None
        kinds = self.kinds
        fields = self.fields
        module = self.module
        source = self._string(node.child_by_field_id(fields.source))
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
                    module.reexports[self._module_name(alias)] = (source, "*")
            elif kind == "export_clause":
                self._export_clause(child, scope, source)
            elif equals and child.is_named and kind != "comment":
                self._stack.append((child, scope))
        if type_only:
            return
        if is_default:
            self._export_default(node, value or declaration, scope)
        elif declaration is not None:
            declared = self._declaration(declaration, scope, node)
            if scope.ns is not None:
                self._namespace_exports(node, scope.ns, declared)
            else:
                for var in declared:
                    module.exports[var.name] = var.name

    def _namespace_exports(self, node: Node, ns: Var, declared: list[Var]) -> None:
        for var in declared:
            if var.kind in ("let", "var"):
                var.alias = ns
        self.ns_exports[node.id] = (ns, [var for var in declared if var.alias is None])

    def _declaration(self, node: Node, scope: Scope, outer: Node) -> list[Var]:
        kind = self.kind(node)
        if node.id in self.dropped:
            return []
        var: Var | None = None
        if kind in ("lexical_declaration", "variable_declaration"):
            return self._declared_variables(node, scope, outer.start_byte)
        if kind in ("function_declaration", "generator_function_declaration"):
            var = self._declared_function(node, scope, outer.start_byte)
        elif kind in CLASSES:
            decorators = self._decorators(outer) + self._decorators(node)
            var = self._class_at(node, scope, None, outer.start_byte, decorators)
        elif kind == "enum_declaration":
            var = self._declared_enum(node, scope)
        elif kind in ("internal_module", "module"):
            var = self._declared_namespace(node, scope)
        elif kind == "import_alias":
            var = self._declared_import_alias(node, scope)
        else:
            self._stack.append((node, scope))
        return [var] if var is not None else []

    def _export_default(self, node: Node, value: Node | None, scope: Scope) -> None:
        if value is None:
            return
        kind = self.kind(value)
        exports = self.module.exports
        name = value.child_by_field_id(self.fields.name) if kind in CLASSES or "function" in kind else None
        if kind in ("interface_declaration", "type_alias_declaration"):
            self._stack.append((value, scope))
            return
        if kind in ("function_expression", "generator_function") or kind in _DECLARATIONS:
            if kind in CLASSES:
                var = self._declaration(value, scope, node)
                if var:
                    exports["default"] = var[0].name
                return
            own = self.text(name) if name is not None else "default"
            function_var = self._declare(own, scope, "function", 0)
            if name is not None:
                self.bind[name.start_byte] = function_var
            body = value.child_by_field_id(self.fields.body)
            info = self._function(value, scope, "function", own, node.start_byte, body)
            self._signature(info, value)
            scope.hoisted.append((function_var, info))
            exports["default"] = own
            return
        self._hint(value, "default", node.start_byte)
        default = self._declare("default", scope, "class" if kind == "class" else "const", node.start_byte)
        self.default_vars[node.id] = default
        exports["default"] = "default"
        if kind == "class":
            decorators = self._decorators(node) + self._decorators(value)
            self._class_at(value, scope, "default", node.start_byte, decorators)
            self.classes[value.id].var = default
        else:
            self._stack.append((value, scope))

    def _export_clause(self, clause: Node, scope: Scope, source: str | None) -> None:
        for specifier in clause.named_children:
            name = specifier.child_by_field_id(self.fields.name)
            if name is None:
                continue
            local = self._module_name(name)
            alias = specifier.child_by_field_id(self.fields.alias)
            exported = self._module_name(alias) if alias is not None else local
            if source is not None:
                self.module.reexports[exported] = (source, local)
            else:
                self.module.exports[exported] = local

    # ---- expressions that declare, write or name

    def _assignment(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_id(self.fields.left)
        right = node.child_by_field_id(self.fields.right)
        if right is not None:
            self._stack.append((right, scope))
        if left is None:
            return
        inner = self.unwrap(left)
        kind = self.kinds[inner.kind_id]
        if kind in MEMBERS:
            if right is not None and kind == "member_expression":
                name = inner.child_by_field_id(self.fields.property)
                if name is not None:
                    self._hint(right, self.text(name), node.start_byte)
            self._stack.append((inner, scope))
            return
        if right is not None and kind == "identifier":
            self._hint(right, self.text(inner), node.start_byte)
        self._assign_pattern(inner, scope)

    def _augmented(self, node: Node, scope: Scope) -> None:
        left = node.child_by_field_id(self.fields.left)
        right = node.child_by_field_id(self.fields.right)
        if right is not None:
            if left is not None and self.kind(left) in NAMES:
                self._hint(right, self.text(left), node.start_byte)
            self._stack.append((right, scope))
        if left is not None:
            self._target(left, scope)

    def _update(self, node: Node, scope: Scope) -> None:
        argument = node.child_by_field_id(self.fields.argument)
        if argument is not None:
            self._target(argument, scope)

    def _target(self, node: Node, scope: Scope) -> None:
        inner = self.unwrap(node)
        if self.kinds[inner.kind_id] in NAMES:
            self._write(inner, scope)
        else:
            self._stack.append((inner, scope))

    def _pair(self, node: Node, scope: Scope) -> None:
        key = node.child_by_field_id(self.fields.key)
        value = node.child_by_field_id(self.fields.value)
        if value is not None:
            name = self._member_name(key)
            if name is not None:
                self._hint(value, name, node.start_byte)
            self._stack.append((value, scope))
        if key is not None and self.kinds[key.kind_id] == "computed_property_name":
            self._stack.append((key, scope))

    def _call(self, node: Node, scope: Scope) -> None:
        arguments = node.child_by_field_id(self.fields.arguments)
        function = node.child_by_field_id(self.fields.function) or node.child_by_field_id(
            self.fields.constructor
        )
        if arguments is not None:
            if self.kinds[arguments.kind_id] == "arguments":
                children = arguments.children
                if function is not None:
                    callback: str | None = None
                    for child in children:
                        if self.kinds[child.kind_id] in FUNCTIONS:
                            callback = callback or self._callback_name(node, function, arguments)
                            self._hints[child.id] = (callback, node.start_byte)
                self._push(children, scope)
            else:
                self._stack.append((arguments, scope))
        if function is not None:
            self._stack.append((function, scope))

    def _await(self, node: Node, scope: Scope) -> None:
        scope.fn.code.has_await = True
        self._push(node.children, scope)

    def _comment(self, node: Node, scope: Scope) -> None:
        self.module.opaque.append((node.start_byte, node.end_byte, True))

    def _literal(self, node: Node, scope: Scope) -> None:
        self.module.opaque.append((node.start_byte, node.end_byte, False))

    def _template(self, node: Node, scope: Scope) -> None:
        self.module.opaque.append((node.start_byte, node.end_byte, False))
        if node.named_child_count:
            self._push(node.children, scope)

    def _jsx_opening(self, node: Node, scope: Scope) -> None:
        name = node.child_by_field_id(self.fields.name)
        for child in reversed(node.children):
            if name is not None and child.id == name.id:
                if self.kind(name) != "identifier" or not self.text(name)[:1].islower():
                    self._stack.append((child, scope))
            else:
                self._stack.append((child, scope))

    # ---- resolution

    def _resolve(self) -> None:
        bind = self.bind
        for name, scope, pos, write in self._references:
            at: Scope | None = scope
            var = None
            while at is not None:
                var = at.vars.get(name)
                if var is not None:
                    break
                above = at.parent
                while above is not None and not above.vars:
                    above = above.parent
                at.parent = above
                at = above
            if var is None:
                var = self._implicit(name, scope)
                if var is None:
                    continue
            bind[pos] = var
            var.used = True
            if write:
                var.writes += 1
            base = var.alias or var
            fn = scope.fn
            if fn is not base.fn:
                base.cell = True
                while fn is not base.fn and base not in fn.captures:
                    fn.captures[base] = None
                    assert fn.parent is not None
                    fn = fn.parent
            elif pos < var.pos:
                fn.early[var] = None

    def _implicit(self, name: str, scope: Scope) -> Var | None:
        """`arguments`, and the names that CommonJS gives a module."""
        if name == "arguments":
            fn: FnInfo | None = scope.fn
            while fn is not None and fn.code.kind in ("arrow", "field", "static-block", "module"):
                fn = fn.parent
            if fn is None:
                return None
            if fn.arguments is None:
                fn.arguments = self._declare("arguments", fn.scope, "param", 0)
            return fn.arguments
        if name in ("module", "exports") and not self._has_es_syntax:
            self.module.is_commonjs = True
            top = self.infos[0].scope
            var = self._declare(name, top, "cjs", 0)
            self.module.top_level.pop(name, None)
            return var
        if name == "require" and not self._has_es_syntax:
            self.module.is_commonjs = True
        return None

    def _finish(self) -> None:
        module = self.module
        module.opaque.sort()
        for info in self.infos:
            info.code.captures = [var.name for var in info.captures]
            for var in info.captures:
                var.ref = f"c{var.ref[1:]}" if var.ref[0] == "v" else var.ref
        for exported, local in list(module.exports.items()):
            if local in module.imports:
                module.reexports[exported] = module.imports[local]
                del module.exports[exported]
        for var in self.infos[0].scope.vars.values():
            var.ref = f"c{var.ref[1:]}"


@cache
def _handler_table(rules: Grammar) -> dict[int, Callable[[Analysis, Node, Scope], None]]:
    """What to do with a node, by the number of its kind; tokens, leaves and types need nothing."""
    return {
        number: _HANDLERS.get(kind, Analysis._descend)
        for number, kind in rules.kinds.items()
        if not kind.startswith("'") and kind not in _LEAVES and (kind not in _TYPES_ONLY or kind in _HANDLERS)
    }


_HANDLERS: dict[str, Callable[[Analysis, Node, Scope], None]] = {
    "identifier": Analysis._refer,
    "shorthand_property_identifier": Analysis._refer,
    "arrow_function": Analysis._function_value,
    "function_expression": Analysis._function_value,
    "generator_function": Analysis._function_value,
    "function_declaration": Analysis._function_declaration,
    "generator_function_declaration": Analysis._function_declaration,
    "method_definition": Analysis._object_method,
    "class": Analysis._class,
    "class_declaration": Analysis._class,
    "abstract_class_declaration": Analysis._class,
    "statement_block": Analysis._block,
    "for_statement": Analysis._own_scope,
    "for_in_statement": Analysis._for_in,
    "switch_body": Analysis._switch_body,
    "lexical_declaration": Analysis._variables,
    "variable_declaration": Analysis._variables,
    "catch_clause": Analysis._catch,
    "enum_declaration": Analysis._enum,
    "internal_module": Analysis._namespace,
    "module": Analysis._namespace,
    "interface_declaration": Analysis._interface,
    "type_alias_declaration": Analysis._alias,
    "ambient_declaration": Analysis._ambient,
    "import_statement": Analysis._import,
    "import_alias": Analysis._import_alias,
    "nested_identifier": Analysis._nested_identifier,
    "export_statement": Analysis._export,
    "assignment_expression": Analysis._assignment,
    "augmented_assignment_expression": Analysis._augmented,
    "update_expression": Analysis._update,
    "pair": Analysis._pair,
    "call_expression": Analysis._call,
    "new_expression": Analysis._call,
    "await_expression": Analysis._await,
    "yield_expression": Analysis._await,
    "comment": Analysis._comment,
    "string": Analysis._literal,
    "regex": Analysis._literal,
    "jsx_text": Analysis._literal,
    "template_string": Analysis._template,
    "jsx_opening_element": Analysis._jsx_opening,
    "jsx_self_closing_element": Analysis._jsx_opening,
}
