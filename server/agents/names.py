"""Whether every name of a file exists: references, imports, and members of what is known.

A pure function of the texts of a program. Scopes are those of the language (blocks, functions, classes, type
parameters); a reference must be declared in one of them, or be a name of the language or of Node. A relative import
must name a file of the program that exports what is imported; a package must be one that the project depends on, or
that it uses already. A member is looked up where the receiver is known from the text: `this`, something declared as,
or made by `new` of, a class or interface of the program or a common one of the language, an imported namespace.

What is not known (a type from a package, an inferred one) is not judged here; the project's TypeScript does that where
it has one. So a problem is a name that is certainly wrong, and no problem is no proof.
"""

from __future__ import annotations

import json
import os
import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from typing import Final

from krepis.server.agents import globals as known
from krepis.server.index import parsed
from tree_sitter import Node

MAX_DEPTH: Final = 8
"""Re-exports and base classes that are followed."""
MAX_NAMED: Final = 6
"""Members that are named where another one was asked for: those that are spelt most like it."""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_FUNCTIONS: Final = _names(
    "function_declaration generator_function_declaration function_expression generator_function arrow_function "
    "method_definition function_signature"
)
_SIGNATURES: Final = _names(
    "method_signature abstract_method_signature function_type constructor_type call_signature construct_signature"
)
_CLASSES: Final = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_TYPES: Final = frozenset({"interface_declaration", "type_alias_declaration"})
_DECLARED: Final = (
    _FUNCTIONS | _CLASSES | _TYPES | {"enum_declaration", "internal_module", "module", "import_alias"}
) - {"function_expression", "generator_function", "arrow_function", "method_definition", "class"}
_SCOPES: Final = (
    _FUNCTIONS | _SIGNATURES | _CLASSES | _TYPES
    | {"program", "statement_block", "for_statement", "for_in_statement", "catch_clause", "switch_body",
       "mapped_type_clause", "conditional_type", "index_signature", "tuple_type"}
)  # fmt: skip
_OWN_THIS: Final = _FUNCTIONS - {"arrow_function"}
_PATTERNS: Final = _names(
    "object_pattern array_pattern rest_pattern pair_pattern assignment_pattern object_assignment_pattern"
)
_TRANSPARENT: Final = _names(
    "export_statement labeled_statement ambient_declaration expression_statement switch_case switch_default"
)


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A name that does not exist, on a line (from 1); `kind` is "name", "import" or "member"."""

    line: int
    kind: str
    name: str
    message: str


@dataclass(frozen=True, slots=True)
class World:
    """The program around a file: texts by absolute path, how a module is found, and what packages there are.

    `resolve` takes a specifier and the importing file's path, and returns a path of `texts`, or None.
    """

    texts: Mapping[str, str]
    resolve: Callable[[str, str], str | None]
    used: frozenset[str] = frozenset()
    """Packages that the program imports already."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wrong, and how many names, imports and members were looked at."""

    problems: tuple[Unresolved, ...]
    looked_at: int


def check_names(path: str, world: World) -> Checked:
    """Look up every name of a file. Raises RecursionError for a text that is nested too deeply."""
    return _File(path, world).checked()


def members_at(path: str, world: World, marker: str) -> frozenset[str]:
    """The members of the receiver of which `marker` is written as a member; none when that is not known."""
    file = _File(path, world)
    file.marker = marker
    file.checked()
    return frozenset(file.marked)


def packages_used(texts: Mapping[str, str]) -> frozenset[str]:
    """The packages that some texts import."""
    found: set[str] = set()
    for path, text in texts.items():
        try:
            module = _module(text, path)
        except RecursionError:
            continue
        found |= {package_of(specifier) for specifier in module.specifiers if not specifier.startswith((".", "/"))}
    return frozenset(found)


def package_of(specifier: str) -> str:
    parts = specifier.split("/")
    return "/".join(parts[:2]) if specifier.startswith("@") else parts[0]


@dataclass(slots=True)
class _Type:
    """A class, interface or enum: members with the names of their types ("" unknown); `open`: others may exist."""

    members: dict[str, str] = field(default_factory=dict)
    bases: list[str] = field(default_factory=list)
    open: bool = False


@dataclass(slots=True)
class _Module:
    """What other files see of a file."""

    exports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Exported name: (module, name there), or ("", name here)."""
    stars: list[str] = field(default_factory=list)
    imports: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Local name: (module, name there; "*" for all of it)."""
    types: dict[str, _Type] = field(default_factory=dict)
    globals: set[str] = field(default_factory=set)
    """Names that every file sees, from one that is no module."""
    specifiers: set[str] = field(default_factory=set)
    opaque: bool = False
    """Whether it exports more than can be told (`export =`, CommonJS)."""


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node is not None else ""


def _quoted(node: Node | None) -> str:
    return _text(node)[1:-1]


def _walk(node: Node) -> Iterator[Node]:
    stack = [node]
    while stack:
        at = stack.pop()
        yield at
        stack.extend(reversed(at.children))


@lru_cache(maxsize=512)
def _module(text: str, path: str) -> _Module:
    root = parsed(text, path).tree.root_node
    module = _Module()
    statements = list(root.named_children)
    is_module = any(node.type in ("import_statement", "export_statement") for node in statements)
    for node in statements:
        if node.type == "import_statement":
            _note_import(node, module)
        elif node.type == "export_statement":
            _note_export(node, module)
    names = {name for node in statements for name in _declared_names(node)}
    if not is_module:
        module.globals |= names
        module.opaque = "module.exports" in text or "exports." in text
    for node in _walk(root):
        if node.type in _CLASSES or node.type in ("interface_declaration", "enum_declaration"):
            _note_type(node, module)
        elif node.type == "call_expression" and _text(node.child_by_field_name("function")) in ("require", "import"):
            arguments = node.child_by_field_name("arguments")
            for argument in arguments.named_children if arguments else ():
                if argument.type == "string":
                    module.specifiers.add(_quoted(argument))
        elif node.type == "ambient_declaration" and _text(node).startswith("declare global"):
            module.globals |= {n for inner in _walk(node) if inner.type in _DECLARED for n in [_name(inner)]}
    return module


def _name(node: Node) -> str:
    return _text(node.child_by_field_name("name")).strip("'\"")


def _note_import(node: Node, module: _Module) -> None:
    source = _quoted(node.child_by_field_name("source"))
    module.specifiers.add(source)
    for clause in node.named_children:
        for part in clause.named_children if clause.type == "import_clause" else ():
            if part.type == "identifier":
                module.imports[_text(part)] = (source, "default")
            elif part.type == "namespace_import":
                module.imports[_text(part.named_children[-1])] = (source, "*")
            for specifier in part.named_children if part.type == "named_imports" else ():
                if specifier.type == "import_specifier":
                    local = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
                    module.imports[_text(local)] = (source, _name(specifier))
        if clause.type == "import_require_clause":
            module.specifiers.add(_quoted(clause.child_by_field_name("source")))


def _note_export(node: Node, module: _Module) -> None:
    source_node = node.child_by_field_name("source")
    source = _quoted(source_node) if source_node is not None else ""
    if source:
        module.specifiers.add(source)
    tokens = {child.type for child in node.children}
    if "default" in tokens:
        declaration = node.child_by_field_name("declaration")
        module.exports["default"] = ("", _name(declaration) if declaration is not None else "default")
        return
    if "=" in tokens:
        module.opaque = True
    clause = next((child for child in node.named_children if child.type == "export_clause"), None)
    if clause is not None:
        for specifier in clause.named_children:
            if specifier.type == "export_specifier":
                shown = specifier.child_by_field_name("alias") or specifier.child_by_field_name("name")
                module.exports[_text(shown).strip("'\"")] = (source, _name(specifier))
        return
    namespace = next((child for child in node.named_children if child.type == "namespace_export"), None)
    if namespace is not None:
        module.exports[_text(namespace.named_children[-1])] = (source, "*")
    elif source:
        module.stars.append(source)
    for name in _declared_names(node):
        module.exports[name] = ("", name)


def _declared_names(node: Node) -> Iterator[str]:
    """The names that a statement declares."""
    if node.type in _DECLARED:
        yield _name(node)
    elif node.type in ("lexical_declaration", "variable_declaration"):
        for declarator in node.named_children:
            if declarator.type == "variable_declarator":
                yield from (_text(n) for n in _bound(declarator.child_by_field_name("name")))
    elif node.type in _TRANSPARENT:
        for child in node.named_children:
            yield from _declared_names(child)


def _bound(pattern: Node | None) -> Iterator[Node]:
    """The identifiers that a pattern declares."""
    if pattern is None:
        return
    if pattern.type in ("identifier", "shorthand_property_identifier_pattern", "type_identifier"):
        yield pattern
    elif pattern.type in ("assignment_pattern", "object_assignment_pattern"):
        yield from _bound(pattern.child_by_field_name("left"))
    elif pattern.type == "pair_pattern":
        yield from _bound(pattern.child_by_field_name("value"))
    elif pattern.type in _PATTERNS:
        for child in pattern.named_children:
            yield from _bound(child)


def _note_type(node: Node, module: _Module) -> None:
    found = module.types.setdefault(_name(node), _Type())
    for child in node.named_children:
        if child.type in ("class_heritage", "extends_type_clause", "extends_clause"):
            for clause in child.named_children if child.type == "class_heritage" else (child,):
                if clause.type != "implements_clause":
                    found.bases += [_type_name(base) for base in clause.named_children if base.type != "type_arguments"]
    body = node.child_by_field_name("body")
    for member in body.named_children if body else ():
        if member.type == "index_signature":
            found.open = True
        elif member.type == "enum_assignment" or member.type == "property_identifier":
            found.members[_name(member) or _text(member)] = ""
        elif name := _name(member):
            if member.type in ("public_field_definition", "property_signature"):
                found.members[name] = _declared_type(member)
            else:
                found.members.setdefault(name, "")
            parameters = member.child_by_field_name("parameters") if name == "constructor" else None
            for parameter in parameters.named_children if parameters else ():
                if any(child.type in ("accessibility_modifier", "readonly") for child in parameter.children):
                    found.members[_text(parameter.child_by_field_name("pattern"))] = _declared_type(parameter)


def _declared_type(node: Node) -> str:
    """The name of the type that a field, parameter or variable has, from its annotation or from `new`."""
    annotation = node.child_by_field_name("type")
    if annotation is not None:
        return _type_name(annotation.named_children[0]) if annotation.named_children else ""
    value = node.child_by_field_name("value")
    if value is not None and value.type == "new_expression":
        return _type_name(value.child_by_field_name("constructor"))
    return ""


def _type_name(node: Node | None) -> str:
    if node is None:
        return ""
    if node.type == "generic_type":
        return _type_name(node.child_by_field_name("name") or node.named_children[0])
    if node.type == "array_type":
        return "Array"
    if node.type in ("type_identifier", "identifier", "predefined_type"):
        return _text(node)
    return "?"


@dataclass(slots=True)
class _Scope:
    parent: _Scope | None
    names: dict[str, str] = field(default_factory=dict)
    """Declared name: the name of its type, "" when unknown, "class NAME" for a class or an enum itself."""
    this: str | None = None
    """The class that `this` is of; "" when it is something else, None as outside."""


class _File:
    """One check of one file."""

    def __init__(self, path: str, world: World) -> None:
        self.path = path
        self.world = world
        text = world.texts[path]
        self.root = parsed(text, path).tree.root_node
        self.module = _module(text, path)
        self.problems: list[Unresolved] = []
        self.looked_at = 0
        self.bindings: set[int] = set()
        self.marker = ""
        self.marked: set[str] = set()
        self.dependencies = _dependencies(os.path.dirname(path))

    def checked(self) -> Checked:
        self._imports()
        self._visit(self.root, _Scope(None))
        return Checked(tuple(self.problems), self.looked_at)

    def _report(self, node: Node, kind: str, name: str, message: str) -> None:
        self.problems.append(Unresolved(node.start_point.row + 1, kind, name, message))

    # Imports

    def _imports(self) -> None:
        for node in _walk(self.root):
            if node.type in ("import_statement", "export_statement"):
                source = node.child_by_field_name("source")
                if source is not None:
                    self._import(node, source)
            elif node.type == "call_expression" and _text(node.child_by_field_name("function")) in (
                "require",
                "import",
            ):
                arguments = node.child_by_field_name("arguments")
                for argument in arguments.named_children[:1] if arguments else ():
                    if argument.type == "string":
                        self._found(argument)

    def _found(self, source: Node) -> str | None:
        """The file that an import names; reports one that does not exist."""
        self.looked_at += 1
        specifier = _quoted(source)
        target = self.world.resolve(specifier, self.path)
        if target is not None:
            return target if target in self.world.texts else None
        if specifier.startswith((".", "/")):
            if not _on_disk(self.path, specifier):
                self._report(source, "import", specifier, f"no file {specifier!r}")
            return None
        package = package_of(specifier)
        bare = specifier.removeprefix("node:")
        if bare in known.NODE or package in self.world.used:
            return None
        if self.dependencies is None or package not in self.dependencies:
            self._report(source, "import", specifier, f"the project does not depend on {package!r}")
        return None

    def _import(self, node: Node, source: Node) -> None:
        target = self._found(source)
        if target is None:
            return
        for part in _walk(node):
            if part.type in ("import_specifier", "export_specifier"):
                self.looked_at += 1
                if not self._exports(target, _name(part)):
                    self._report(part, "import", _name(part), f"{_quoted(source)} does not export {_name(part)!r}")
            elif part.type == "import_clause" and part.named_children and part.named_children[0].type == "identifier":
                self.looked_at += 1
                if not self._exports(target, "default"):
                    self._report(part, "import", "default", f"{_quoted(source)} has no default export")

    def _exports(self, path: str, name: str, depth: int = 0) -> bool:
        module = _module(self.world.texts[path], path)
        if name in module.exports or module.opaque or depth > MAX_DEPTH:
            return True
        for star in module.stars:
            target = self.world.resolve(star, path)
            if target is None or target not in self.world.texts or self._exports(target, name, depth + 1):
                return True
        return False

    # Types

    def _type(self, path: str, name: str, depth: int = 0) -> tuple[str, _Type] | None:
        """The class, interface or enum that a name stands for in a file, and the file that declares it."""
        if depth > MAX_DEPTH or path not in self.world.texts:
            return None
        module = _module(self.world.texts[path], path)
        if name in module.imports:
            specifier, imported = module.imports[name]
            target = self.world.resolve(specifier, path)
            return self._exported(target, imported, depth + 1) if target else None
        found = module.types.get(name)
        return (path, found) if found is not None else None

    def _exported(self, path: str, name: str, depth: int) -> tuple[str, _Type] | None:
        if depth > MAX_DEPTH or path not in self.world.texts:
            return None
        module = _module(self.world.texts[path], path)
        if name in module.exports:
            source, local = module.exports[name]
            if not source:
                return self._type(path, local, depth + 1)
            target = self.world.resolve(source, path)
            return self._exported(target, local, depth + 1) if target else None
        for star in module.stars:
            target = self.world.resolve(star, path)
            if target and (found := self._exported(target, name, depth + 1)):
                return found
        return None

    def _member(self, path: str, name: str, member: str, depth: int = 0) -> tuple[bool, str, str]:
        """Whether a type may have a member, and the file and name of that member's type."""
        if name in known.INSTANCES and self._type(path, name) is None:
            return member in known.INSTANCES[name] or member in known.OF_OBJECTS, "", ""
        found = self._type(path, name)
        if found is None or found[1].open or depth > MAX_DEPTH:
            return True, "", ""
        where, kind = found
        if member in kind.members:
            return True, where, kind.members[member]
        if member in known.OF_OBJECTS:
            return True, "", ""
        for base in kind.bases:
            held, there, of = self._member(where, base, member, depth + 1)
            if held:
                return True, there, of
        return False, "", ""

    # Scopes

    def _visit(self, node: Node, scope: _Scope) -> None:
        kind = node.type
        if kind in _SCOPES:
            scope = self._scope(node, scope)
        if kind in ("identifier", "type_identifier", "shorthand_property_identifier"):
            self._reference(node, scope)
        elif kind == "member_expression":
            self._access(node, scope)
        for at, child in enumerate(node.children):
            if child.is_named and not self._skipped(node, node.field_name_for_child(at), child):
                self._visit(child, scope)

    def _skipped(self, node: Node, name: str | None, child: Node) -> bool:
        """Whether a child names nothing of a scope."""
        if node.type in ("import_statement", "nested_type_identifier") and name != "module":
            return True
        if node.type == "export_statement" and node.child_by_field_name("source") is not None:
            return True
        if node.type == "export_specifier":
            return name == "alias"
        if node.type.startswith("jsx_") and child.type == "identifier":
            return _text(child)[:1].islower()
        return node.type == "meta_property"

    def _scope(self, node: Node, outer: _Scope) -> _Scope:
        scope = _Scope(outer)
        if node.type in _OWN_THIS:
            owner = node.parent.parent if node.type == "method_definition" and node.parent else None
            scope.this = _name(owner) if owner is not None and owner.type in _CLASSES else ""
        elif node.type in _CLASSES:
            scope.this = _name(node)
        if node.type in ("function_expression", "generator_function", "class"):
            self._bind(node.child_by_field_name("name"), scope, "")
        parameters = node.child_by_field_name("parameters")
        for parameter in parameters.named_children if parameters else ():
            of = _declared_type(parameter)
            self._bind(parameter.child_by_field_name("pattern") or parameter.child_by_field_name("name"), scope, of)
        self._bind(node.child_by_field_name("parameter"), scope, "")
        types = node.child_by_field_name("type_parameters")
        for parameter in types.named_children if types else ():
            self._bind(parameter.child_by_field_name("name"), scope, "?")
        if node.type == "index_signature":
            named = next((child for child in node.named_children if child.type == "mapped_type_clause"), node)
            self._bind(named.child_by_field_name("name"), scope, "?")
        elif node.type == "tuple_type":
            for element in node.named_children:
                self._bind(element.child_by_field_name("name"), scope, "")
        elif node.type == "conditional_type":
            for inner in _walk(node):
                if inner.type == "infer_type":
                    self._bind(inner.named_children[0], scope, "?")
        elif node.type == "for_in_statement" and node.child_by_field_name("kind") is not None:
            self._bind(node.child_by_field_name("left"), scope, "")
        if node.type in ("program", "statement_block", "for_statement", "switch_body"):
            for child in node.named_children:
                self._declare(child, scope)
        if node.type == "program" or node.type in _FUNCTIONS:
            self._hoist(node, scope)
        return scope

    def _bind(self, pattern: Node | None, scope: _Scope, of: str) -> None:
        for node in _bound(pattern):
            self.bindings.add(node.start_byte)
            scope.names[_text(node)] = of if node is pattern or of == "?" else ""

    def _declare(self, node: Node, scope: _Scope) -> None:
        if node.type in _DECLARED:
            kind = "class " + _name(node) if node.type in _CLASSES or node.type == "enum_declaration" else ""
            self._bind(node.child_by_field_name("name"), scope, kind)
        elif node.type in ("lexical_declaration", "variable_declaration"):
            for declarator in node.named_children:
                if declarator.type == "variable_declarator":
                    self._bind(declarator.child_by_field_name("name"), scope, _declared_type(declarator))
        elif node.type == "import_statement":
            for local, (_, imported) in self.module.imports.items():
                scope.names[local] = "import " + local if imported == "*" else "class " + local
            for part in _walk(node):
                if part.type == "import_require_clause":
                    scope.names[_text(part.named_children[0])] = ""
        elif node.type in _TRANSPARENT:
            for child in node.named_children:
                self._declare(child, scope)

    def _hoist(self, function: Node, scope: _Scope) -> None:
        """`var` belongs to the function."""
        stack = list(function.named_children)
        while stack:
            node = stack.pop()
            if node.type == "variable_declaration":
                self._declare(node, scope)
            elif node.type == "for_in_statement" and _text(node.child_by_field_name("kind")) == "var":
                self._bind(node.child_by_field_name("left"), scope, "")
            if node.type not in _FUNCTIONS:
                stack.extend(node.named_children)

    # References

    def _lookup(self, name: str, scope: _Scope | None) -> str | None:
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.parent
        return None

    def _reference(self, node: Node, scope: _Scope) -> None:
        if node.start_byte in self.bindings:
            return
        self.looked_at += 1
        name = _text(node)
        if name in known.VALUES or self._lookup(name, scope) is not None:
            return
        if node.type == "type_identifier" or (
            node.parent is not None
            and node.parent.type
            in (
                "extends_type_clause",
                "implements_clause",
            )
        ):
            if name in known.TYPES:
                return
        if name in known.TESTS and (self.dependencies or frozenset()) & known.TEST_RUNNERS:
            return
        if any(name in _module(text, path).globals for path, text in self.world.texts.items()):
            return
        self._report(node, "name", name, f"nothing is called {name!r}")

    def _access(self, node: Node, scope: _Scope) -> None:
        member = node.child_by_field_name("property")
        receiver = node.child_by_field_name("object")
        if member is None or receiver is None:
            return
        path, of = self._type_of(receiver, scope)
        name = _text(member)
        if not of or of == "?":
            return
        if name == self.marker:
            self.marked |= self._members(path, of)
        self.looked_at += 1
        if of.startswith("import "):
            specifier, _ = self.module.imports[of.removeprefix("import ")]
            target = self.world.resolve(specifier, self.path)
            held = target is None or target not in self.world.texts or self._exports(target, name)
        elif of.startswith("class "):
            held = self._static(of.removeprefix("class "), name)
        else:
            held, _, _ = self._member(path, of, name)
        if not held:
            there = sorted(self._members(path, of), key=lambda m: (-SequenceMatcher(None, m, name).ratio(), m))
            of = of.removeprefix("import ").removeprefix("class ")
            has = f"; it has {', '.join(there[:MAX_NAMED])}" if there else ""
            self._report(member, "member", name, f"{of} has no member {name!r}{has}")

    def _members(self, path: str, name: str, depth: int = 0) -> set[str]:
        """All members of a type, or none when there may be others."""
        if name.startswith("import "):
            return set()
        static = name.startswith("class ")
        name = name.removeprefix("class ")
        found = self._type(path, name)
        if found is None:
            return set((known.STATICS if static else known.INSTANCES).get(name, ()))
        where, kind = found
        if kind.open or depth > MAX_DEPTH:
            return set()
        members = {member for member in kind.members if member != "constructor"}
        for base in kind.bases:
            more = self._members(where, base, depth + 1)
            if not more:
                return set()
            members |= more
        return members

    def _static(self, name: str, member: str) -> bool:
        if name in known.STATICS and self._type(self.path, name) is None:
            return member in known.STATICS[name] | known.OF_FUNCTIONS | known.OF_OBJECTS
        held, _, _ = self._member(self.path, name, member)
        return held or member in known.OF_FUNCTIONS

    def _type_of(self, node: Node, scope: _Scope) -> tuple[str, str]:
        """The file and name of an expression's type, where the text says it; ("", "") elsewhere."""
        if node.type in ("parenthesized_expression", "non_null_expression") and node.named_children:
            return self._type_of(node.named_children[0], scope)
        if node.type in ("string", "template_string"):
            return self.path, "string"
        if node.type == "array":
            return self.path, "Array"
        if node.type == "this":
            at: _Scope | None = scope
            while at is not None and at.this is None:
                at = at.parent
            return self.path, at.this or "" if at is not None else ""
        if node.type == "identifier":
            name = _text(node)
            of = self._lookup(name, scope)
            if of is None and name in known.STATICS:
                return self.path, "class " + name
            if of and not of.startswith(("class ", "import ")) and self._lookup(of, scope) == "?":
                return "", ""  # a type parameter
            return self.path, of or ""
        if node.type == "member_expression":
            path, of = self._type_of(node.child_by_field_name("object") or node, scope)
            if of and of != "?" and not of.startswith(("import ", "class ")):
                _, where, inner = self._member(path, of, _text(node.child_by_field_name("property")))
                return where, inner
        return "", ""


@lru_cache(maxsize=64)
def _dependencies(folder: str) -> frozenset[str] | None:
    """The packages that the nearest package.json allows; None when there is none."""
    for parent in (Path(folder), *Path(folder).parents):
        file = parent / "package.json"
        if file.is_file():
            try:
                package = json.loads(file.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                return None
            keys = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
            tables = [package.get(key) for key in keys] if isinstance(package, dict) else []
            return frozenset(name for table in tables if isinstance(table, dict) for name in table)
    return None


def _on_disk(importer: str, specifier: str) -> bool:
    """Whether a file that is not of the program (JSON, a declaration file) is there."""
    base = posixpath.normpath(posixpath.join(posixpath.dirname(importer), specifier))
    return any(os.path.isfile(base + suffix) for suffix in ("", ".d.ts", ".json", ".js", ".jsx", "/index.js"))
