"""First pass over a module: functions, classes, declarations, and what every identifier means.

Strategy: one walk with an explicit stack (depth of nesting costs no recursion) declares names and collects
references; a second loop over the references, when all declarations are known, resolves them, which makes
hoisting a matter of course.  A variable that an inner function mentions, and every variable of the
module's top level, lives in a cell; every function between the mention and the declaration captures it.

Rules: types, decorators and ambient declarations are not code.  Statements (or class members) that contain a
syntax error are in `dropped` and not visited.  There is no temporal dead zone.
Deliberately absent: sloppy-mode hoisting of functions out of blocks; `with`; `eval`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from krepis.twin.typescript.code import (
    ClassCode,
    FunctionCode,
    ModuleCode,
)
from krepis.twin.typescript.lowering._text import string_value, unescape
from krepis.twin.typescript.lowering._types import Types
from krepis.twin.typescript.syntax import Syntax
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
DECLARATIONS = frozenset(
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
TYPES_ONLY = frozenset(
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
LEAVES = frozenset(
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
_STATEMENT_PARENTS = frozenset({"program", "statement_block", "switch_case", "switch_default", "class_body", "ERROR"})
_ROUTES = frozenset({"get", "post", "put", "patch", "delete", "all", "head", "options"})


class Var:
    """One variable.  `ref` is its name in generated text: a local, or the local that holds its cell.

    It stands at `pos` and has its first value from `bound` on.
    """

    __slots__ = ("alias", "bound", "cell", "fn", "kind", "name", "pos", "ref", "top", "used", "writes")

    def __init__(self, name: str, kind: str, fn: FnInfo, pos: int, number: int) -> None:
        self.name = name
        self.kind = kind
        self.fn = fn
        self.pos = self.bound = pos
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

    __slots__ = (
        "arguments",
        "captures",
        "code",
        "early",
        "klass",
        "node",
        "parent",
        "qualifier",
        "scope",
        "self_var",
    )

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
        self.klass: ClassCode | None = None


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
        self.merged: set[int] = set()
        self.ns_members: dict[tuple[Var, str], list[str]] = {}
        self.ns_paths: dict[Var, tuple[Var, str]] = {}
        self.default_vars: dict[int, Var] = {}
        self.ns_exports: dict[int, tuple[Var, list[Var]]] = {}
        self.import_vars: list[tuple[Var, str, str, int]] = []
        self.references: list[tuple[str, Scope, int, bool]] = []
        self.hints: dict[int, tuple[str, int]] = {}
        self.stack: list[tuple[Node, Scope]] = []
        self._numbers = 0
        self.has_es_syntax = False

    def run(self, handlers: Mapping[int, Callable[[Analysis, Node, Scope], None]]) -> None:
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
        self.push(root.children, scope)
        stack = self.stack
        dropped = self.dropped
        while stack:
            node, scope = stack.pop()
            handler = handlers.get(node.kind_id)
            if handler is not None and not (dropped and node.id in dropped):
                handler(self, node, scope)
        code.is_async = code.has_await
        self._resolve()
        self._finish()

    def release(self) -> None:
        """Break the cycles of references, so that the syntax tree is freed at once."""
        for info in self.infos:
            del info.node, info.scope
            info.captures.clear()
            info.early.clear()
            info.arguments = info.self_var = None

    # ---- small helpers

    def text(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def name(self, node: Node) -> str:
        """The text of an identifier, escapes resolved."""
        text = self.text(node)
        return unescape(text) if "\\" in text else text

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

    def push(self, nodes: list[Node], scope: Scope) -> None:
        stack = self.stack
        for node in reversed(nodes):
            stack.append((node, scope))

    def descend(self, node: Node, scope: Scope) -> None:
        stack = self.stack
        for child in reversed(node.children):
            stack.append((child, scope))

    def comment(self, node: Node) -> None:
        """Note a comment: it does not count for digests."""
        self.module.opaque.append((node.start_byte, node.end_byte, True))

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
            in_types = kind in TYPES_ONLY and kind != "ambient_declaration"
            for child in node.children:
                if child.is_missing or child.has_error:
                    if in_types:
                        continue
                    is_statement = kind in _STATEMENT_PARENTS
                    pending.append((child, child if is_statement else holder))

    # ---- declarations and references

    def declare(self, name: str, scope: Scope, kind: str, pos: int) -> Var:
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

    def refer(self, node: Node, scope: Scope) -> None:
        self.references.append((self.name(node), scope, node.start_byte, False))

    def write(self, node: Node, scope: Scope) -> None:
        self.references.append((self.name(node), scope, node.start_byte, True))

    def pattern(self, node: Node, scope: Scope, on_name: Callable[[Node], None]) -> None:
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
                    self.stack.append((key, scope))
                if value is not None:
                    pending.append(value)
            elif kind in ("assignment_pattern", "object_assignment_pattern"):
                left = node.child_by_field_id(fields.left)
                right = node.child_by_field_id(fields.right)
                if right is not None:
                    if left is not None and self.kinds[left.kind_id] in NAMES:
                        self.hint(right, self.text(left), right.start_byte)
                    self.stack.append((right, scope))
                if left is not None:
                    pending.append(left)
            elif kind in WRAPPERS:
                pending.append(self.unwrap(node))
            elif kind in MEMBERS:
                self.stack.append((node, scope))

    def declare_pattern(self, node: Node, scope: Scope, holder: Scope, kind: str, end: int = 0) -> list[Var]:
        """The variables of a pattern, which have their values at `end`, or after the pattern."""
        declared: list[Var] = []

        def on_name(name: Node) -> None:
            var = self.declare(self.name(name), holder, kind, name.start_byte)
            var.bound = max(var.bound, node.end_byte, end)
            self.bind[name.start_byte] = var
            declared.append(var)

        self.pattern(node, scope, on_name)
        return declared

    def assign_pattern(self, node: Node, scope: Scope) -> None:
        self.pattern(node, scope, lambda name: self.write(name, scope))

    # ---- names for people

    def hint(self, node: Node, name: str, anchor: int) -> None:
        inner = self.unwrap(node)
        kind = self.kinds[inner.kind_id]
        if kind in FUNCTIONS or kind == "class":
            self.hints[inner.id] = (name, anchor)

    def callback_name(self, call: Node, function: Node, arguments: Node) -> str:
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

    # ---- resolution

    def _resolve(self) -> None:
        bind = self.bind
        for name, scope, pos, write in self.references:
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
            elif pos < var.bound:
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
                fn.arguments = self.declare("arguments", fn.scope, "param", 0)
            return fn.arguments
        if name in ("module", "exports") and not self.has_es_syntax:
            self.module.is_commonjs = True
            top = self.infos[0].scope
            var = self.declare(name, top, "cjs", 0)
            self.module.top_level.pop(name, None)
            return var
        if name == "require" and not self.has_es_syntax:
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
