"""Functions as a model is asked to write them: where they are, how they begin, and what a reader of them needs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from krepis.server.index import parsed
from krepis.server.run import text_of
from krepis.twin.options import SourceFile
from tree_sitter import Node

MAX_FUNCTION: Final = 6_000
"""Characters of a function that a model is asked to write again."""
MAX_CONTEXT: Final = 4_000
"""Characters of what is around it."""
MAX_DESCRIPTION: Final = 2_000
_PLACEHOLDER: Final = re.compile(
    rb"\b(?:implement\w*|todo|placeholder|your (?:code|logic)|(?:code|logic) (?:to|for|here|goes))\b", re.IGNORECASE
)
_FUNCTIONS: Final = frozenset({"method_definition", "function_declaration", "lexical_declaration", "export_statement"})


@dataclass(frozen=True, slots=True)
class Place:
    """A function in a file: offsets in code points, its text, and its head up to the brace of its body."""

    file: SourceFile
    start: int
    end: int
    text: str
    head: str
    context: str
    member: bool
    doc: str = ""
    open: bool = False
    """Its body is empty, or only throws."""


def place_at(file: SourceFile, line: int) -> Place | None:
    """The method or function around a line (from 1); None where there is none that can be written again alone."""
    text = text_of(file).removeprefix("\ufeff")
    source = parsed(text, file.path).source
    root = parsed(text, file.path).tree.root_node
    node = _enclosing(root, line - 1)
    if node is None:
        return None
    body = _body(node)
    if body is None or body.start_byte + 1 >= node.end_byte:
        return None
    start, end = (len(source[:at].decode("utf-8", "replace")) for at in (node.start_byte, node.end_byte))
    mark = text_of(file).startswith("\ufeff")
    head = source[node.start_byte : body.start_byte + 1].decode("utf-8", "replace") + "\n"
    if end - start > MAX_FUNCTION:
        return None
    context = _around(source, root, node)
    member = node.type == "method_definition"
    doc = _doc(node)
    return Place(file, start + mark, end + mark, text[start:end], head, context, member, doc, _is_open(node, body, doc))


def waits_at(root: Node, row: int) -> bool:
    """Whether the function around a row of a tree waits to be written."""
    node = _enclosing(root, row)
    body = _body(node) if node is not None else None
    return node is not None and body is not None and _is_open(node, body, _doc(node))


def unwritten(text: str, path: str) -> Iterator[tuple[int, str]]:
    """The functions that a text leaves to be written, by line (from 1) and name: no body, an empty one, or one line
    in place of it and a comment that says so."""
    stack = [parsed(text, path).tree.root_node]
    while stack:
        node = stack.pop()
        stack += node.named_children
        name = node.child_by_field_name("name")
        said = (name.text or b"").decode("utf-8", "replace") if name is not None else ""
        if node.type == "method_signature" and node.parent is not None and node.parent.type == "class_body":
            after = node.next_named_sibling
            again = after.child_by_field_name("name") if after is not None else None
            if again is None or name is None or again.text != name.text:
                yield node.start_point.row + 1, said
        elif node.type in ("method_definition", "function_declaration"):
            body = _body(node)
            if body is not None and (_is_open(node, body, _doc(node)) or _put_off(body)):
                yield node.start_point.row + 1, said


def _put_off(body: Node) -> bool:
    """Whether a comment stands for what a function should do."""
    comments = [child for child in body.named_children if child.type == "comment"]
    short = len(body.named_children) - len(comments) <= 1
    return short and any(_PLACEHOLDER.search(comment.text or b"") for comment in comments)


def comment_at(root: Node, row: int) -> str:
    """The words of the comment outside of all declarations that begins, goes on or ends at a row; else ""."""
    comments = [child for child in root.named_children if child.type == "comment"]
    at = next((n for n, one in enumerate(comments) if one.start_point.row <= row <= one.end_point.row), None)
    if at is None:
        return ""
    first = last = at
    while first > 0 and comments[first - 1].end_point.row + 1 == comments[first].start_point.row:
        first -= 1
    while last + 1 < len(comments) and comments[last].end_point.row + 1 == comments[last + 1].start_point.row:
        last += 1
    text = b"\n".join(comment.text or b"" for comment in comments[first : last + 1]).decode("utf-8", "replace")
    words = re.sub(r"^\s*(?://+|/\*+|\*+/|\*)|\*/\s*$", " ", text, flags=re.MULTILINE).split()
    return " ".join(words)[:MAX_DESCRIPTION]


def _doc(node: Node) -> str:
    """The comment right before a declaration."""
    before = node.prev_named_sibling
    return (before.text or b"").decode("utf-8", "replace") if before is not None and before.type == "comment" else ""


def _is_open(node: Node, body: Node, doc: str) -> bool:
    """Whether a function waits to be written: it only throws, or it is empty and something says what it is for."""
    statements = [child for child in body.named_children if child.type != "comment"]
    if statements:
        return len(statements) == 1 and statements[0].type == "throw_statement"
    name = node.child_by_field_name("name")
    if name is not None and name.text == b"constructor":
        return False
    holder = body.parent
    returns = holder.child_by_field_name("return_type") if holder is not None else None
    said = (returns.text or b"").decode("utf-8", "replace") if returns is not None else ""
    return bool(doc or body.named_children) or (bool(said) and re.search(r"\bvoid\b", said) is None)


def _enclosing(node: Node, row: int) -> Node | None:
    """The outermost function around a row that is no class."""
    for child in node.named_children:
        if child.start_point.row <= row <= child.end_point.row:
            if child.type in _FUNCTIONS and not _holds_class(child) and _body(child) is not None:
                return child
            return _enclosing(child, row)
    return None


def _holds_class(node: Node) -> bool:
    return any("class" in child.type for child in node.named_children)


def _body(node: Node) -> Node | None:
    """The block of a function, or of the one that a declaration holds."""
    if node.type in ("export_statement", "lexical_declaration", "variable_declarator"):
        for child in node.named_children:
            if (body := _body(child)) is not None:
                return body
        return None
    body = node.child_by_field_name("body")
    return body if body is not None and body.type == "statement_block" else None


def _around(source: bytes, root: Node, function: Node) -> str:
    """What a reader of the function needs: imports, fields, and the signatures of everything else in the file."""
    lines: list[str] = []

    def cut(node: Node) -> str:
        body = _body(node)
        end = body.start_byte if body is not None else node.end_byte
        text = source[node.start_byte : end].decode("utf-8", "replace").rstrip()
        return text if len(text) < 400 else text[:400] + " ..."

    def show(node: Node, indent: str) -> None:
        if node.start_byte <= function.start_byte and function.end_byte <= node.end_byte and node.type != function.type:
            body = node.child_by_field_name("body")
            if body is not None:
                lines.append(indent + source[node.start_byte : body.start_byte].decode("utf-8", "replace") + "{")
                for child in body.named_children:
                    show(child, indent + "  ")
                lines.append(indent + "}")
            else:
                for child in node.named_children:
                    show(child, indent)
        elif node.start_byte != function.start_byte and node.type not in ("comment", "decorator"):
            lines.append(indent + cut(node))

    for child in root.named_children:
        show(child, "")
    return "\n".join(lines)[:MAX_CONTEXT]


def until_closed(head: str) -> Callable[[str], bool]:
    """Stops a model when the braces that its function opened are closed."""
    text = head

    def goes_on(piece: str) -> bool:
        nonlocal text
        text += piece
        plain = re.sub(r"//[^\n]*|'[^'\n]*'|\"[^\"\n]*\"", "", text)
        return plain.count("{") > plain.count("}")

    return goes_on


def function_of(place: Place, text: str) -> str:
    """The function at the start of a text, without what a model says after it."""
    text = text.split("\n```")[0].rstrip()
    before = "class _ {\n" if place.member else ""
    wrapped = before + text + ("\n}" if place.member else "")
    source = wrapped.encode("utf-8", "replace")
    root = parsed(wrapped, place.file.path).tree.root_node
    start = len(before.encode())
    stack = list(root.named_children)
    while stack:
        node = stack.pop()
        if node.start_byte == start and node.type in _FUNCTIONS and not node.has_error:
            return source[start : node.end_byte].decode("utf-8", "replace")
        stack += node.named_children
    return text
