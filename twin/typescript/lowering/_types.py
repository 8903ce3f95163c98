"""Type syntax to `TypeRef`.

Types are read, never resolved or checked: they only tell the machine which class an unknown value may be.
Readonly marks are dropped, an optional property may be undefined.  Equal texts within a module share one
object.  Anything unusual keeps its text and no structure.
"""

from __future__ import annotations

from collections.abc import Callable

from krepis.twin.typescript.code import TypeRef
from krepis.twin.typescript.syntax import Fields, Kinds
from tree_sitter import Node

_MAX_DEPTH = 40
_UNDEFINED = TypeRef("undefined")
_NAMED = frozenset({"type_identifier", "identifier", "predefined_type", "nested_type_identifier"})
_SIGNATURES = frozenset({"method_signature", "call_signature", "construct_signature", "abstract_method_signature"})


class Types:
    """The types of one module, by text."""

    def __init__(self, source: bytes, kinds: Kinds, fields: Fields) -> None:
        self._source = source
        self._kinds = kinds
        self._fields = fields
        self._known: dict[bytes, TypeRef] = {}

    def annotation(self, node: Node | None) -> TypeRef | None:
        """The type of a `: T` node."""
        if node is None:
            return None
        inner = self._first(node)
        kind = self._kinds[node.kind_id]
        if kind == "asserts_annotation":
            return TypeRef("void", text=self._text(node))
        if kind == "type_predicate_annotation" or inner is None:
            return TypeRef("boolean", text=self._text(node))
        return self.of(inner)

    def of(self, node: Node) -> TypeRef:
        """The type that a type node denotes."""
        key = self._source[node.start_byte : node.end_byte]
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._read(node, 0)
        return known

    def arguments(self, node: Node | None) -> tuple[TypeRef, ...]:
        """The types of a `<A, B>` node."""
        return () if node is None else tuple(self.of(child) for child in self._named(node))

    def parameters(self, node: Node | None) -> list[str]:
        """The names of a `<A, B extends C>` declaration."""
        if node is None:
            return []
        names = (child.child_by_field_id(self._fields.name) for child in self._named(node))
        return [self._text(name) for name in names if name is not None]

    def members(self, body: Node, depth: int = 0) -> dict[str, TypeRef]:
        """The members of an interface body or an object type."""
        found: dict[str, TypeRef] = {}
        fields = self._fields
        for child in self._named(body):
            kind = self._kinds[child.kind_id]
            if kind == "property_signature":
                name = child.child_by_field_id(fields.name)
                annotation = child.child_by_field_id(fields.type)
                inner = self._first(annotation) if annotation is not None else None
                if name is not None:
                    read = self._read(inner, depth + 1) if inner else TypeRef("any")
                    optional = any(mark.type == "?" for mark in child.children)
                    found[self._key(name)] = TypeRef("|", (read, _UNDEFINED), text=read.text) if optional else read
            elif kind in _SIGNATURES:
                name = child.child_by_field_id(fields.name)
                key = self._key(name) if name is not None else "()" if kind == "call_signature" else "new"
                if key not in found:
                    found[key] = self._signature("=>", child, depth)
            elif kind == "index_signature":
                annotation = child.child_by_field_id(fields.type)
                inner = self._first(annotation) if annotation is not None else None
                found["[]"] = self._read(inner, depth + 1) if inner else TypeRef("any")
        return found

    def _text(self, node: Node) -> str:
        return self._source[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def _key(self, node: Node) -> str:
        return self._text(node).strip("'\"")

    def _named(self, node: Node) -> list[Node]:
        return [child for child in node.named_children if self._kinds[child.kind_id] not in ("comment", "ERROR")]

    def _first(self, node: Node) -> Node | None:
        children = self._named(node)
        return children[0] if children else None

    def _signature(self, name: str, node: Node, depth: int) -> TypeRef:
        fields = self._fields
        parts: list[TypeRef] = []
        parameters = node.child_by_field_id(fields.parameters)
        for parameter in self._named(parameters) if parameters is not None else []:
            pattern = parameter.child_by_field_id(fields.pattern)
            if pattern is not None and self._kinds[pattern.kind_id] == "this":
                continue
            annotation = parameter.child_by_field_id(fields.type)
            inner = self._first(annotation) if annotation is not None else None
            parts.append(self._read(inner, depth + 1) if inner else TypeRef("any"))
        result = node.child_by_field_id(fields.return_type) or node.child_by_field_id(fields.type)
        if result is not None and self._kinds[result.kind_id].endswith("annotation"):
            is_type = self._kinds[result.kind_id] == "type_annotation"
            result = self._first(result) if is_type else None
        parts.append(self._read(result, depth + 1) if result is not None else TypeRef("any"))
        return TypeRef(name, tuple(parts), text=self._text(node))

    def _read(self, node: Node, depth: int) -> TypeRef:
        kind = self._kinds[node.kind_id]
        text = self._text(node)
        if kind in _NAMED:
            return TypeRef("symbol" if text == "unique symbol" else "".join(text.split()), text=text)
        reader = _READERS.get(kind)
        if reader is None or depth > _MAX_DEPTH:
            return TypeRef("any", text=text)
        return reader(self, node, depth)._replace(text=text)

    def _args(self, node: Node, depth: int) -> tuple[TypeRef, ...]:
        return tuple(self._read(child, depth + 1) for child in self._named(node))

    def _wrapped(self, node: Node, depth: int) -> TypeRef:
        inner = self._first(node)
        return self._read(inner, depth + 1) if inner is not None else TypeRef("any")

    def _generic(self, node: Node, depth: int) -> TypeRef:
        name = node.child_by_field_id(self._fields.name) or self._first(node)
        arguments = node.child_by_field_id(self._fields.type_arguments)
        args = self._args(arguments, depth) if arguments is not None else ()
        return TypeRef("".join(self._text(name).split()) if name is not None else "any", args)

    def _literal(self, node: Node, depth: int) -> TypeRef:
        inner = self._first(node)
        kind = self._kinds[inner.kind_id] if inner is not None else ""
        return TypeRef(kind if kind in ("undefined", "null") else "literal")

    def _alternatives(self, node: Node, depth: int) -> TypeRef:
        name = "|" if self._kinds[node.kind_id] == "union_type" else "&"
        parts: list[TypeRef] = []
        pending: Node | None = node
        while pending is not None:
            children = self._named(pending)
            pending = None
            if children and self._kinds[children[0].kind_id] == self._kinds[node.kind_id]:
                pending = children.pop(0)
            parts[:0] = [self._read(child, depth + 1) for child in children]
        return parts[0] if len(parts) == 1 else TypeRef(name, tuple(parts))

    def _tuple(self, node: Node, depth: int) -> TypeRef:
        parts = []
        for child in self._named(node):
            annotation = child.child_by_field_id(self._fields.type)
            inner = self._first(annotation) if annotation is not None else child
            parts.append(self._read(inner or child, depth + 1))
        return TypeRef("[]", tuple(parts))

    def _object(self, node: Node, depth: int) -> TypeRef:
        children = self._named(node)
        if len(children) == 1 and self._kinds[children[0].kind_id] == "index_signature":
            mapped = self._first(children[0])
            if mapped is not None and self._kinds[mapped.kind_id] == "mapped_type_clause":
                key = mapped.child_by_field_id(self._fields.type)
                annotation = children[0].child_by_field_id(self._fields.type)
                value = self._first(annotation) if annotation is not None else None
                read = [self._read(part, depth + 1) if part else TypeRef("any") for part in (key, value)]
                return TypeRef("Record", tuple(read))
        return TypeRef("{}", members=self.members(node, depth))

    def _conditional(self, node: Node, depth: int) -> TypeRef:
        outcomes = (
            node.child_by_field_id(self._fields.consequence),
            node.child_by_field_id(self._fields.alternative),
        )
        return TypeRef("conditional", tuple(self._read(part, depth + 1) for part in outcomes if part))

    def _imported(self, node: Node, depth: int) -> TypeRef:
        """`import('x').Y.Z`: the dotted name without the import."""
        return TypeRef(self._text(node).rpartition(")")[2].strip(". \n") or "any")


def _of_kind(name: str) -> Callable[[Types, Node, int], TypeRef]:
    return lambda types, node, depth: TypeRef(name, types._args(node, depth))


def _queried(node: Node) -> TypeRef:
    """`typeof x`, with the name that it asks about if that is all."""
    name = node.named_children[0]
    if name.type != "identifier" or name.text is None:
        return TypeRef("typeof")
    return TypeRef("typeof", (TypeRef(name.text.decode("utf-8", "replace")),))


_READERS: dict[str, Callable[[Types, Node, int], TypeRef]] = {
    "generic_type": Types._generic,
    "array_type": _of_kind("Array"),
    "readonly_type": Types._wrapped,
    "parenthesized_type": Types._wrapped,
    "optional_type": Types._wrapped,
    "rest_type": Types._wrapped,
    "infer_type": Types._wrapped,
    "union_type": Types._alternatives,
    "intersection_type": Types._alternatives,
    "tuple_type": Types._tuple,
    "object_type": Types._object,
    "literal_type": Types._literal,
    "function_type": lambda types, node, depth: types._signature("=>", node, depth),
    "constructor_type": lambda types, node, depth: types._signature("new", node, depth),
    "type_predicate": lambda types, node, depth: TypeRef("boolean"),
    "asserts": lambda types, node, depth: TypeRef("void"),
    "type_query": lambda types, node, depth: _queried(node),
    "index_type_query": _of_kind("keyof"),
    "lookup_type": _of_kind("lookup"),
    "conditional_type": Types._conditional,
    "template_literal_type": lambda types, node, depth: TypeRef("string"),
    "this_type": lambda types, node, depth: TypeRef("this"),
    "member_expression": Types._imported,
    "call_expression": lambda types, node, depth: TypeRef("any"),
}
