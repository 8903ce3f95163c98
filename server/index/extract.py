"""TypeScript text to `Facts`.

Strategy: tree-sitter parses and *finds* (one compiled query per grammar runs in C over the whole tree); Python
only looks at what was found. Declarations become symbols; a table of byte ranges says which symbol owns an
offset; calls, awaits, assignments and field accesses become relations of their owner. What a name means is
decided from the file alone: a symbol of the file, something imported, a member of something with a declared
type, or unknown.

Rules: pure and total, any text gives facts (broken code gives those of what could be parsed). Positions are
the editor's, as everywhere in Krepis. Deliberately absent: types, scopes of block variables (a parameter hides
a module variable only in its own function), and anything about other files, which is the store's work.
"""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from krepis.server.index import shadow
from krepis.server.index.model import CALLABLE, Facts, Relation, RelationKind, Span, Symbol, SymbolKind
from krepis.twin.typescript import jsdoc
from krepis.twin.typescript.syntax import MAX_BYTES, Lines, dialect_of, grammar
from tree_sitter import Node, Parser, Query, QueryCursor, Tree

MAX_SYMBOLS: Final = 20_000
"""Of one file; generated code beyond it is cut off, and `Facts.problem` says so."""
_MAX_SIGNATURE: Final = 300
_MAX_DOC: Final = 2_000
_MAX_NAME: Final = 200

_QUERY: Final = """
[(function_declaration) (generator_function_declaration) (function_signature)
 (class_declaration) (abstract_class_declaration) (interface_declaration) (type_alias_declaration) (enum_declaration)
 (internal_module) (module) (method_definition) (method_signature) (abstract_method_signature)
 (public_field_definition) (property_signature)
 (pair value: [(arrow_function) (function_expression) (generator_function)])] @symbol
(variable_declarator) @variable
(export_statement) @export
(import_statement) @import
[(call_expression) (new_expression)] @call
(await_expression) @await
[(assignment_expression) (augmented_assignment_expression) (update_expression)] @write
(unary_expression operator: "delete") @write
(member_expression object: (this)) @field
(extends_clause) @extends
(extends_type_clause) @extends
(implements_clause) @implements
(decorator) @decorator
[(required_parameter) (optional_parameter)] @parameter
"""
_KINDS: Final[dict[str, SymbolKind]] = {
    "function_declaration": "function",
    "generator_function_declaration": "function",
    "function_signature": "function",
    "class_declaration": "class",
    "abstract_class_declaration": "class",
    "interface_declaration": "interface",
    "type_alias_declaration": "type",
    "enum_declaration": "enum",
    "internal_module": "namespace",
    "module": "namespace",
    "method_definition": "method",
    "method_signature": "method",
    "abstract_method_signature": "method",
    "public_field_definition": "field",
    "property_signature": "field",
    "pair": "method",
}
_FUNCTIONS: Final = frozenset({"arrow_function", "function_expression", "generator_function"})
_TYPE_KINDS: Final = frozenset({"class", "interface", "enum", "namespace"})
_VERBS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "all"})
_DECORATED: Final = {verb.capitalize(): verb.upper() for verb in _VERBS}
_LOCKS: Final = frozenset({"runExclusive", "acquire", "lock", "withLock", "waitForUnlock", "tryLock"})
_MUTATORS: Final = frozenset({
    "set", "delete", "clear", "add", "push", "pop", "shift", "unshift", "splice", "sort", "reverse", "fill",
})  # fmt: skip
_MODIFIERS: Final = re.compile(rb"^(?:export\s+)?(?:default\s+)?(?:declare\s+)?")
_ASYNC: Final = re.compile(r"(?:^|[\s=(])async\b")
_TYPE_NAME: Final = re.compile(r"^[:\s]*(?:Promise<\s*|readonly\s+)?([A-Za-z_$][\w$]*)")


class Edit(NamedTuple):
    """A change of a text in UTF-8 bytes, as tree-sitter wants it; points are (row, byte column) from 0."""

    start_byte: int
    old_end_byte: int
    new_end_byte: int
    start_point: tuple[int, int]
    old_end_point: tuple[int, int]
    new_end_point: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text and its tree; belongs to one thread at a time."""

    source: bytes
    tree: Tree
    dialect: str


def parsed(text: str, path: str) -> Parsed:
    """Parse from scratch."""
    source = text.encode("utf-8", "replace")[:MAX_BYTES]
    dialect = dialect_of(path)
    return Parsed(source, _parser(dialect).parse(source), dialect)


def edited(old: Parsed, text: str, edits: Iterable[Edit]) -> Parsed:
    """Parse again after `edits` led from the old text to `text`; only what they touched is parsed anew."""
    source = text.encode("utf-8", "replace")[:MAX_BYTES]
    tree = old.tree.copy()
    for edit in edits:
        tree.edit(**edit._asdict())
    return Parsed(source, _parser(old.dialect).parse(source, tree), old.dialect)


def _parser(dialect: str) -> Parser:
    return Parser(grammar(dialect).language)


@cache
def _query(dialect: str) -> Query:
    return Query(grammar(dialect).language, _QUERY)


def digest_of(source: bytes) -> bytes:
    """What facts are kept under: equal texts have equal facts."""
    return hashlib.blake2b(source, digest_size=16).digest()


def facts(text: str, path: str, tree: Parsed | None = None) -> Facts:
    """The facts of the file `path` with that text; `tree` when it has been parsed already."""
    return _Extraction(tree or parsed(text, path), path).facts()


@dataclass(slots=True)
class _Draft:
    """A symbol while its file is read: byte offsets instead of positions."""

    kind: SymbolKind
    name: str
    node: Node
    start: int
    end: int
    body: int
    exported: bool
    name_node: Node | None
    container: int = -1
    qualified: str = ""
    hidden: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)


class _Extraction:
    """One run over one file."""

    def __init__(self, file: Parsed, path: str) -> None:
        self.source = file.source
        self.root = file.tree.root_node
        self.path = path
        found = QueryCursor(_query(file.dialect)).captures(self.root)
        self.found = defaultdict(list, {name: sorted(nodes, key=_position) for name, nodes in found.items()})
        self.lines = Lines(file.source)
        self.text = file.source.decode("utf-8", "replace")
        self.ascii = len(self.text) == len(file.source)
        self.drafts: list[_Draft] = []
        self._qualified: dict[str, int] = {}
        self.imports: dict[str, tuple[str, str]] = {}  # local name: (imported name, module)
        self.problem = "" if not self.root.has_error else "parts of the file could not be parsed"

    def facts(self) -> Facts:
        module = _Draft("module", _stem(self.path), self.root, 0, len(self.source), 0, True, None)
        self.drafts = [module, *self._declared(), *self._routes()]
        self.drafts.sort(key=lambda draft: (draft.start, -draft.end))
        if len(self.drafts) > MAX_SYMBOLS:
            self.drafts = self.drafts[:MAX_SYMBOLS]
            self.problem = f"only the first {MAX_SYMBOLS} symbols are indexed"
        self._nest()
        self._index_names()
        self._relate()
        symbols = tuple(self._symbols())
        relations = tuple(relation for draft in self.drafts for relation in draft.relations)
        return Facts(digest_of(self.source), symbols, relations, self.problem)

    # Declarations

    def _declared(self) -> Iterator[_Draft]:
        exports = {}
        named: set[str] = set()
        for node in self.found["export"]:
            inner = node.child_by_field_name("declaration") or node.child_by_field_name("value")
            if inner is not None:
                exports[inner.start_byte] = node
                if inner.type in _FUNCTIONS or inner.type == "class":
                    body = inner.child_by_field_name("body")
                    kind: SymbolKind = "class" if inner.type == "class" else "function"
                    yield self._draft(kind, "default", inner, node, body, None, True)
                elif inner.type == "identifier":
                    named.add(self._of(inner))
            elif node.child_by_field_name("source") is None:
                for clause in node.named_children:
                    if clause.type == "export_clause":
                        for specifier in clause.named_children:
                            named.add(self._field(specifier, "name"))
        for node in self.found["symbol"]:
            name_node = node.child_by_field_name("name") or node.child_by_field_name("key")
            if name_node is None:
                continue
            kind = _KINDS[node.type]
            value = node.child_by_field_name("value")
            if value is not None and value.type in _FUNCTIONS:
                kind = "method"
                body = value.child_by_field_name("body")
            else:
                body = node.child_by_field_name("body") or value
            name = self._of(name_node).strip("'\"`")
            outer = exports.get(node.start_byte)
            exported = outer is not None or name in named
            yield self._draft(kind, name, node, outer or node, body, name_node, exported)
        for node in self.found["variable"]:
            name_node = node.child_by_field_name("name")
            if name_node is None or name_node.type != "identifier":
                continue
            value = node.child_by_field_name("value")
            statement = node.parent
            outer = exports.get(statement.start_byte) if statement else None
            top = outer is not None or (statement is not None and _at_top(statement))
            is_function = value is not None and value.type in _FUNCTIONS
            if not top and not is_function:
                continue
            name = self._of(name_node)
            body = value.child_by_field_name("body") if is_function and value else value
            kind = "function" if is_function else "variable"
            yield self._draft(
                kind, name, node, outer or statement or node, body, name_node, outer is not None or name in named
            )

    def _draft(
        self,
        kind: SymbolKind,
        name: str,
        node: Node,
        outer: Node,
        body: Node | None,
        name_node: Node | None,
        exported: bool,
    ) -> _Draft:
        start = min(outer.start_byte, node.start_byte) if node.type != "variable_declarator" else node.start_byte
        draft = _Draft(
            kind,
            name[:_MAX_NAME],
            node,
            start,
            node.end_byte,
            body.start_byte if body else node.end_byte,
            exported,
            name_node,
        )
        if node.type == "variable_declarator":
            draft.types["#doc"] = str(outer.start_byte)
        return draft

    def _routes(self) -> Iterator[_Draft]:
        """`app.get('/x', ...)`: a route owns what its inline handlers do."""
        for node in self.found["call"]:
            callee = node.child_by_field_name("function")
            if callee is None or callee.type != "member_expression":
                continue
            verb = self._field(callee, "property")
            if verb not in _VERBS:
                continue
            arguments = node.child_by_field_name("arguments")
            values = arguments.named_children if arguments else []
            if len(values) >= 2 and values[0].type in ("string", "template_string"):
                route = self._of(values[0]).strip("'\"`")
                handler = values[-1].type in _FUNCTIONS or values[-1].type in (
                    "identifier",
                    "member_expression",
                    "call_expression",
                )
                if route.startswith("/") and handler:
                    yield self._draft("route", f"{verb.upper()} {route}", node, node, arguments, values[0], True)

    def _nest(self) -> None:
        """Containers and qualified names; drafts are sorted by where they start."""
        taken: dict[str, int] = {}
        stack: list[int] = []
        self._edges: list[int] = []
        self._owners: list[int] = []

        def mark(offset: int, owner: int) -> None:
            self._edges.append(offset)
            self._owners.append(owner)

        for index, draft in enumerate(self.drafts):
            while stack and self.drafts[stack[-1]].end <= draft.start and len(stack) > 1:
                ended = stack.pop()
                mark(self.drafts[ended].end, stack[-1])
            draft.container = stack[-1] if stack else -1
            outer = self.drafts[draft.container].qualified if draft.container > 0 else ""
            wanted = f"{outer}.{draft.name}" if outer else draft.name
            if index == 0:
                wanted = ""
            count = taken[wanted] = taken.get(wanted, 0) + 1
            draft.qualified = wanted if count == 1 else f"{wanted}~{count}"
            stack.append(index)
            mark(draft.start, index)
        while len(stack) > 1:
            ended = stack.pop()
            mark(self.drafts[ended].end, stack[-1])

    def _owner(self, offset: int) -> int:
        return self._owners[bisect_right(self._edges, offset) - 1]

    def _enclosing(self, index: int, kinds: frozenset[str]) -> int:
        while index > 0 and self.drafts[index].kind not in kinds:
            index = self.drafts[index].container
        return index

    # Names

    def _index_names(self) -> None:
        self.top: dict[str, int] = {}
        self.members: dict[int, dict[str, int]] = defaultdict(dict)
        for index, draft in enumerate(self.drafts[1:], start=1):
            if draft.kind == "route":
                continue
            if draft.container <= 0:
                self.top.setdefault(draft.name, index)
            self.members[draft.container].setdefault(draft.name, index)
            if draft.kind in ("field", "variable"):
                self._note_type(self.drafts[max(draft.container, 0)], draft.name, draft.node)
        for node in self.found["import"]:
            self._import(node)
        for node in self.found["parameter"]:
            pattern = node.child_by_field_name("pattern")
            if pattern is None:
                continue
            owner = self._owner(node.start_byte)
            if pattern.type == "identifier":
                name = self._of(pattern)
                self.drafts[owner].hidden.add(name)
                self._note_type(self.drafts[owner], name, node)
                if node.children[0].type in ("accessibility_modifier", "readonly"):  # a parameter property
                    self._note_type(self.drafts[max(self.drafts[owner].container, 0)], name, node)
        for node in self.found["variable"]:
            name_node = node.child_by_field_name("name")
            owner = self._owner(node.start_byte - 1)
            if name_node is not None and name_node.type == "identifier" and owner > 0:
                name = self._of(name_node)
                self.drafts[owner].hidden.add(name)
                self._note_type(self.drafts[owner], name, node)

    def _note_type(self, draft: _Draft, name: str, node: Node) -> None:
        """Remember the declared type of a name, or the class that it is made of."""
        declared = node.child_by_field_name("type")
        if declared is not None:
            match = _TYPE_NAME.match(self._of(declared))
            if match:
                draft.types[name] = match[1]
            return
        value = node.child_by_field_name("value")
        if value is not None and value.type == "new_expression":
            draft.types[name] = self._field(value, "constructor")

    def _import(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        if source is None:
            return
        module = self._of(source).strip("'\"`")
        line = node.start_point.row + 1
        names: list[tuple[str, str]] = []
        for clause in node.named_children:
            if clause.type != "import_clause":
                continue
            for part in clause.named_children:
                if part.type == "identifier":
                    names.append((self._of(part), "default"))
                elif part.type == "namespace_import":
                    names.append((self._of(part.named_children[0]), "*"))
                elif part.type == "named_imports":
                    for specifier in part.named_children:
                        name = self._field(specifier, "name")
                        names.append((self._field(specifier, "alias") or name, name))
        for local, name in names:
            self.imports[local] = (name, module)
        relations = self.drafts[0].relations
        for name in dict.fromkeys(name for _, name in names) or ("*",):
            target = name if name not in ("*", "default") else _stem(module)
            relations.append(Relation("imports", "", target, module, line))

    # Relations

    def _relate(self) -> None:
        for index, draft in enumerate(self.drafts[1:], start=1):
            container = self.drafts[draft.container]
            line = draft.node.start_point.row + 1
            container.relations.append(
                Relation("defines", container.qualified, draft.name, "#" + draft.qualified, line)
            )
            if draft.kind == "route":
                self._route_handlers(index)
        for kind, nodes in (("extends", self.found["extends"]), ("implements", self.found["implements"])):
            for node in nodes:
                self._heritage("extends" if kind == "extends" else "implements", node)
        self._decorated_routes()
        called_fields = self._calls()
        for node in self.found["await"]:
            value = node.named_children[0] if node.named_children else None
            if value is not None:
                callee = value.child_by_field_name("function") if value.type == "call_expression" else value
                if callee is not None and callee.type in ("identifier", "member_expression"):
                    self._add("awaits", node, callee)
        written = self._writes()
        for node in self.found["field"]:
            if node.start_byte not in written and node.start_byte not in called_fields:
                self._add_state("reads", node)
        self._module_reads(written)

    def _calls(self) -> set[int]:
        """Calls, locks and changes by method (`this.balances.set`); the offsets of fields that are functions called."""
        methods: set[int] = set()
        for node in self.found["call"]:
            callee = node.child_by_field_name("function") or node.child_by_field_name("constructor")
            owner = self.drafts[self._owner(node.start_byte)]
            if callee is None or (owner.kind == "route" and owner.node == node):  # it registers the route
                continue
            if callee.type == "identifier":
                self._add("calls", node, callee)
            elif callee.type == "member_expression":
                self._add("calls", node, callee)
                subject = callee.child_by_field_name("object")
                name = self._field(callee, "property")
                if subject is None:
                    continue
                if subject.type == "this":
                    if not self._is_state(callee):
                        methods.add(callee.start_byte)
                elif name in _MUTATORS:
                    self._add_state("writes", subject)
                if name in _LOCKS:
                    self._add("locks", node, subject)
        return methods

    def _writes(self) -> set[int]:
        written: set[int] = set()
        for node in self.found["write"]:
            target = node.child_by_field_name("left") or node.child_by_field_name("argument")
            while target is not None and target.type in (
                "subscript_expression",
                "member_expression",
                "non_null_expression",
            ):
                inner = target.child_by_field_name("object") or target.named_children[0]
                if inner.type == "this":
                    break
                target = inner
            if target is not None and self._add_state("writes", target) and node.type == "assignment_expression":
                written.add(target.start_byte)
        return written

    def _module_reads(self, written: set[int]) -> None:
        """Uses of module variables in functions; the variables are few, so the text is searched for their names."""
        names = [d.name for d in self.drafts[1:] if d.kind == "variable" and d.container == 0 and d.name.isidentifier()]
        if not names:
            return
        pattern = re.compile(
            rb"(?<![\w$.])(?:" + b"|".join(re.escape(name.encode()) for name in names) + rb")(?![\w$])"
        )
        for match in pattern.finditer(self.source):
            owner = self._owner(match.start())
            if self.drafts[owner].kind in CALLABLE and match.start() not in written:
                name = match[0].decode()
                if not self._hidden(name, owner):
                    node = self.root.descendant_for_byte_range(match.start(), match.end())
                    if node is not None and node.type == "identifier":
                        line = node.start_point.row + 1
                        self._append(owner, Relation("reads", self.drafts[owner].qualified, name, "#" + name, line))

    def _add(self, kind: RelationKind, node: Node, callee: Node) -> None:
        owner = self._owner(node.start_byte)
        name, where = self._meaning(callee, owner)
        if name:
            line = callee.start_point.row + 1
            self._append(owner, Relation(kind, self.drafts[owner].qualified, name[:_MAX_NAME], where, line))

    def _append(self, owner: int, relation: Relation) -> None:
        self.drafts[owner].relations.append(relation)

    def _add_state(self, kind: RelationKind, node: Node) -> bool:
        """A relation to a field of `this` or a module variable, if that is what `node` is."""
        owner = self._owner(node.start_byte)
        if self.drafts[owner].kind not in CALLABLE:
            return False
        name, where = self._meaning(node, owner)
        if not where.startswith("#"):
            return False
        index = self._state_index(where)
        if index is None or self.drafts[index].kind not in ("field", "variable"):
            return False
        self._append(owner, Relation(kind, self.drafts[owner].qualified, name, where, node.start_point.row + 1))
        return True

    def _is_state(self, node: Node) -> bool:
        _, where = self._meaning(node, self._owner(node.start_byte))
        index = self._state_index(where)
        return index is not None and self.drafts[index].kind in ("field", "variable")

    def _state_index(self, where: str) -> int | None:
        return self._by_qualified.get(where[1:]) if where.startswith("#") else None

    @property
    def _by_qualified(self) -> dict[str, int]:
        if not self._qualified:
            self._qualified.update((draft.qualified, index) for index, draft in enumerate(self.drafts))
        return self._qualified

    def _meaning(self, node: Node, owner: int) -> tuple[str, str]:
        """The name that a callee or an operand ends in, and `Relation.where` of it."""
        if node.type in ("identifier", "type_identifier"):
            name = self._of(node)
            hidden = self._hidden(name, owner)
            local = self._local(name, owner)
            if local is not None:
                return name, "#" + self.drafts[local].qualified
            if name in self.imports and not hidden:
                imported, module = self.imports[name]
                return (imported if imported not in ("*", "default") else name), module
            return name, "." if hidden else ""
        if node.type != "member_expression":
            return "", ""
        name = self._field(node, "property")
        subject = node.child_by_field_name("object")
        if subject is None:
            return name, "."
        if subject.type == "this":
            holder = self._enclosing(owner, _TYPE_KINDS)
            member = self.members[holder].get(name) if holder > 0 else None
            if member is not None:
                return name, "#" + self.drafts[member].qualified
            return name, "." + (self.drafts[holder].name if holder > 0 else "")
        return name, self._member_of(subject, name, owner)

    def _member_of(self, subject: Node, name: str, owner: int) -> str:
        if subject.type == "identifier":
            text = self._of(subject)
            declared = self._type_of(text, owner)
            if declared is None and not self._hidden(text, owner):
                if text in self.imports and self.imports[text][0] == "*":
                    return self.imports[text][1]
                index = self.top.get(text)
                if index is not None and name in self.members[index]:
                    return "#" + self.drafts[self.members[index][name]].qualified
                if index is not None or text in self.imports:
                    declared = text
        elif subject.type == "member_expression":
            inner = subject.child_by_field_name("object")
            holder = self._enclosing(owner, _TYPE_KINDS)
            is_field = inner is not None and inner.type == "this" and holder > 0
            declared = self.drafts[holder].types.get(self._field(subject, "property")) if is_field else None
        elif subject.type == "new_expression":
            declared = self._field(subject, "constructor")
        else:
            declared = None
        if declared is None:
            return "."
        index = self.top.get(declared)
        if index is not None and name in self.members[index]:
            return "#" + self.drafts[self.members[index][name]].qualified
        imported = self.imports.get(declared)
        return "." + (imported[0] if imported and imported[0] not in ("*", "default") else declared)

    def _type_of(self, name: str, owner: int) -> str | None:
        while owner >= 0:
            draft = self.drafts[owner]
            if name in draft.types and draft.kind not in _TYPE_KINDS:
                return draft.types[name]
            if name in draft.hidden:
                return None
            owner = draft.container
        return None

    def _hidden(self, name: str, owner: int) -> bool:
        while owner > 0:
            if name in self.drafts[owner].hidden:
                return True
            owner = self.drafts[owner].container
        return False

    def _local(self, name: str, owner: int) -> int | None:
        """The symbol of this file that a bare name means in `owner`."""
        while owner > 0:
            draft = self.drafts[owner]
            if draft.kind in CALLABLE or draft.kind == "namespace":
                inner = self.members[owner].get(name)
                if inner is not None:
                    return inner
            if name in draft.hidden:
                return None
            owner = draft.container
        return self.top.get(name)

    def _heritage(self, kind: RelationKind, node: Node) -> None:
        owner = self._enclosing(self._owner(node.start_byte), _TYPE_KINDS)
        draft = self.drafts[owner]
        for child in node.named_children:
            base = child
            if child.type == "generic_type":
                base = child.child_by_field_name("name") or child
            if base.type in ("nested_type_identifier", "member_expression"):
                base = base.named_children[-1]
            if base.type not in ("identifier", "type_identifier", "property_identifier"):
                continue
            name = self._of(base)
            imported, module = self.imports.get(name, (name, ""))
            local = self.top.get(name)
            where = module or ("#" + self.drafts[local].qualified if local is not None else "")
            target = imported if imported not in ("*", "default") else name
            line = base.start_point.row + 1
            self._append(owner, Relation(kind, draft.qualified, target, where, line))
            self._append(owner, Relation("has-implementation", draft.qualified, target, where, line))
            for member in self.members[owner].values():
                method = self.drafts[member]
                if method.kind == "method" and method.name != "constructor":
                    line = method.node.start_point.row + 1
                    relation = Relation("has-implementation", method.qualified, method.name, "." + target, line)
                    self._append(member, relation)

    # Routes

    def _route_handlers(self, index: int) -> None:
        route = self.drafts[index]
        arguments = route.node.child_by_field_name("arguments")
        for value in arguments.named_children[1:] if arguments else []:
            while value.type == "call_expression":  # wrap(handler)
                inner = value.child_by_field_name("arguments")
                if not inner or not inner.named_children:
                    break
                value = inner.named_children[0]
            if value.type in ("identifier", "member_expression"):
                name, where = self._meaning(value, max(route.container, 0))
                line = value.start_point.row + 1
                self._append(index, Relation("handles-route", route.qualified, name, where, line))

    def _decorated_routes(self) -> None:
        """Nest: `@Get(':id')` on a method of a `@Controller('users')`."""
        prefixes: dict[int, str] = {}
        methods: list[tuple[int, str, str, int]] = []
        for node in self.found["decorator"]:
            call = node.named_children[0] if node.named_children else None
            if call is None or call.type != "call_expression":
                continue
            name = self._field(call, "function")
            arguments = call.child_by_field_name("arguments")
            first = arguments.named_children[0] if arguments and arguments.named_children else None
            argument = self._of(first).strip("'\"`") if first is not None and first.type == "string" else ""
            if name == "Controller":
                prefixes[self._owner(node.end_byte - 1)] = argument
            elif name in _DECORATED:
                sibling = node.next_named_sibling
                while sibling is not None and sibling.type in ("decorator", "comment"):
                    sibling = sibling.next_named_sibling
                if sibling is not None and sibling.type == "method_definition":
                    methods.append((self._owner(sibling.start_byte), name, argument, node.start_point.row + 1))
        for index, name, argument, line in methods:
            method = self.drafts[index]
            parts = [part.strip("/") for part in (prefixes.get(method.container, ""), argument)]
            route = f"{_DECORATED[name]} /{'/'.join(part for part in parts if part)}"
            self._append(index, Relation("handles-route", method.qualified, route, "", line))

    # Symbols

    def _symbols(self) -> Iterator[Symbol]:
        documents = {match.end(): match for match in jsdoc.BLOCK.finditer(self.text)}
        for index, draft in enumerate(self.drafts):
            comment = self._doc_before(draft, documents) if index else None
            doc, tags = jsdoc.read(comment) if comment else ("", ())
            container = self.drafts[draft.container].qualified if draft.container > 0 else ""
            relations = draft.relations if draft.kind in CALLABLE else ()
            written = dict(tags).get("ai-summary") or doc.split(". ")[0]
            signature, is_async = self._signature(draft)
            name = draft.name_node
            start = draft.node.start_byte if draft.node.type == "variable_declarator" else draft.start
            yield Symbol(
                kind=draft.kind,
                name=draft.name,
                qualified=draft.qualified,
                container=container,
                span=self._span(start, draft.end),
                selection=self._span(name.start_byte, name.end_byte) if name else self._span(start, start),
                signature=signature,
                exported=draft.exported,
                is_async=is_async,
                doc=doc[:_MAX_DOC],
                tags=tags,
                summary=(written or shadow.summary(draft.kind, draft.name, container, relations))[:_MAX_SIGNATURE],
                effects=shadow.effects(relations),
                shared=shadow.shared(relations),
                locks=tuple(text for tag, text in tags if tag == "guarded-by") or shadow.locks(relations),
            )

    def _doc_before(self, draft: _Draft, documents: dict[int, re.Match[str]]) -> str | None:
        if not documents:
            return None
        offset = int(draft.types.pop("#doc", draft.start))
        if draft.node.type == "method_definition":
            sibling = draft.node.prev_sibling
            while sibling is not None and sibling.type == "decorator":
                offset = sibling.start_byte
                sibling = sibling.prev_sibling
        before = self.source[:offset].rstrip()
        if not before.endswith(b"*/"):
            return None
        match = documents.get(len(before) if self.ascii else len(before.decode("utf-8", "replace")))
        return match[1] if match else None

    def _signature(self, draft: _Draft) -> tuple[str, bool]:
        if not draft.qualified:
            return self.path, False
        if draft.kind == "route":
            return draft.name, False
        raw = _MODIFIERS.sub(b"", self.source[draft.node.start_byte : draft.body])
        text = " ".join(raw[: 2 * _MAX_SIGNATURE].decode("utf-8", "replace").split())
        is_async = draft.kind in CALLABLE and _ASYNC.search(text.partition("(")[0] + "(") is not None
        return text.removesuffix("=>").removesuffix("=").rstrip()[:_MAX_SIGNATURE], is_async

    def _span(self, start: int, end: int) -> Span:
        return self.lines.span(start, end)

    def _of(self, node: Node) -> str:
        return self.source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _field(self, node: Node, name: str) -> str:
        child = node.child_by_field_name(name)
        return self._of(child) if child is not None else ""


def _position(node: Node) -> tuple[int, int]:
    return node.start_byte, -node.end_byte


def _stem(path: str) -> str:
    return path.rsplit("/", 1)[-1].split(".", 1)[0] or path


def _at_top(statement: Node) -> bool:
    parent = statement.parent
    return parent is not None and parent.type == "program"
