"""A parsed file as recipes see it: nodes by place, its style, and edits that keep that style.

Strategy: recipes think in statements and lines. `Code` answers questions about nodes, `Draft` collects edits in
bytes and turns them into `Edit`s. Text is never reprinted: what a recipe does not touch stays byte for byte,
except for indentation, which is inserted at line starts (never inside template literals).
Deliberately absent: what to change (the recipes), and whether it helps (`_verified`).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from krepis.twin.edits import Edit, Repair
from krepis.twin.options import SourceFile
from krepis.twin.typescript.program import read_text
from krepis.twin.typescript.syntax import Lines, parse
from tree_sitter import Node

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "function_expression",
        "generator_function_declaration",
        "generator_function",
        "arrow_function",
        "method_definition",
    }
)
BLOCKS = frozenset({"statement_block", "program", "switch_case", "switch_default"})
EXITS = frozenset({"return_statement", "throw_statement", "continue_statement"})
_INDENT = re.compile(r"^([ \t]+)\S", re.M)


def walk(node: Node, into_functions: bool = True) -> Iterator[Node]:
    """`node` and what is below it, in order, without recursion."""
    stack = [node]
    while stack:
        current = stack.pop()
        yield current
        if into_functions or current == node or current.type not in FUNCTIONS:
            stack.extend(reversed(current.children))


def above(node: Node) -> Iterator[Node]:
    """`node` and what it lies in, inside out."""
    current: Node | None = node
    while current is not None:
        yield current
        current = current.parent


def within(node: Node, outer: Node) -> bool:
    """Whether `node` lies in `outer` (or is it)."""
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def function_of(node: Node) -> Node | None:
    """The innermost function around a node (the node itself excluded)."""
    return next((n for n in above(node) if n != node and n.type in FUNCTIONS), None)


def body_of(function: Node) -> Node | None:
    """The block of a function; None for an arrow function that is an expression."""
    body = function.child_by_field_name("body")
    return body if body is not None and body.type == "statement_block" else None


def statements(block: Node) -> list[Node]:
    """The statements of a block, without comments."""
    return [n for n in block.named_children if n.type != "comment"]


def statement_of(node: Node) -> Node | None:
    """The innermost statement around a node."""
    return next((n for n in above(node) if n.parent is not None and n.parent.type in BLOCKS), None)


def is_async(function: Node) -> bool:
    """Whether a function is declared `async`."""
    return any(c.type == "async" for c in function.children)


def awaits(node: Node) -> list[Node]:
    """The `await` expressions of a node, not those of functions in it."""
    return [n for n in walk(node, False) if n.type == "await_expression"]


def is_guard(node: Node) -> bool:
    """`if (...) return`, `throw` or `continue`, without an else."""
    if node.type != "if_statement" or node.child_by_field_name("alternative") is not None:
        return False
    inner = node.child_by_field_name("consequence")
    if inner is None:
        return False
    last = statements(inner)[-1:] if inner.type == "statement_block" else [inner]
    return bool(last) and last[0].type in EXITS


def unwrapped(node: Node) -> Node:
    """An expression without parentheses, `!`, `as` and `satisfies` around it."""
    while node.type in ("parenthesized_expression", "non_null_expression", "as_expression", "satisfies_expression"):
        node = node.named_children[0]
    return node


@dataclass(frozen=True, eq=False)
class Code:
    """A file that was parsed: `data` is its text in UTF-8."""

    source: SourceFile
    text: str
    data: bytes
    root: Node

    @cached_property
    def lines(self) -> Lines:
        """Byte offsets to lines."""
        return Lines(self.data)

    @cached_property
    def starts(self) -> list[int]:
        """The byte offset of every line."""
        return [0, *(i + 1 for i, byte in enumerate(self.data) if byte == 10)]

    def of(self, node: Node) -> str:
        """The text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def line(self, node: Node) -> int:
        """The line on which a node begins, from 1."""
        return node.start_point.row + 1

    def on_line(self, line: int, column: int = 0) -> Node | None:
        """The smallest node that begins at a place, or the first one that begins on the line."""
        if not 0 < line <= len(self.starts):
            return None
        start = self.starts[line - 1]
        end = self.starts[line] if line < len(self.starts) else len(self.data)
        raw = self.data[start:end]
        offset = start + len(raw) - len(raw.lstrip())
        if column > 0:
            units = raw.decode("utf-8", "replace").encode("utf-16-le")[: 2 * (column - 1)]
            offset = start + len(units.decode("utf-16-le", "replace").encode("utf-8"))
        return self.root.descendant_for_byte_range(offset, offset)

    @cached_property
    def unit(self) -> str:
        """One level of indentation."""
        depths = [m[1] for m in _INDENT.finditer(self.text)]
        if sum(d.startswith("\t") for d in depths) * 2 > len(depths):
            return "\t"
        steps = Counter(len(b) - len(a) for a, b in pairwise(depths) if 1 < len(b) - len(a) <= 8)
        return " " * (steps.most_common(1)[0][0] if steps else 2)

    @cached_property
    def quote(self) -> str:
        """The quotation mark of most strings."""
        return '"' if self.text.count('"') > self.text.count("'") else "'"

    @cached_property
    def semi(self) -> str:
        """A semicolon, if the file uses them."""
        ends = [line.rstrip() for line in self.text.splitlines() if line.rstrip()[-1:] in (")", ";")]
        return ";" if not ends or sum(e.endswith(";") for e in ends) * 3 > len(ends) else ""

    @cached_property
    def eol(self) -> str:
        """The line end of the file."""
        return "\r\n" if "\r\n" in self.text else "\n"

    def indent(self, node: Node) -> str:
        """The white space before the line on which a node begins."""
        start = self.starts[node.start_point.row]
        raw = self.data[start : node.start_byte]
        return raw[: len(raw) - len(raw.lstrip())].decode()

    @cached_property
    def verbatim(self) -> frozenset[int]:
        """Rows that begin inside a template literal or a block comment: their white space means something."""
        return frozenset(
            row
            for n in walk(self.root)
            if n.type in ("template_string",)
            for row in range(n.start_point.row + 1, n.end_point.row + 1)
        )

    @cached_property
    def names(self) -> frozenset[str]:
        """All identifiers of the file."""
        return frozenset(
            self.of(n)
            for n in walk(self.root)
            if n.type in ("identifier", "property_identifier", "shorthand_property_identifier", "type_identifier")
        )

    @cached_property
    def variables(self) -> frozenset[str]:
        """All names of the file that are not those of properties and types."""
        kinds = ("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern")
        return frozenset(self.of(n) for n in walk(self.root) if n.type in kinds)

    def free(self, *wanted: str) -> str:
        """The first of the names that the file does not use, else the last with a number."""
        return _free(self.names, wanted)

    def free_variable(self, *wanted: str) -> str:
        """The same for a variable, which may be called like a property."""
        return _free(self.variables, wanted)

    def imports(self, module: str) -> list[str]:
        """The names that the file imports from a package."""
        out: list[str] = []
        for n in self.root.named_children:
            if n.type == "import_statement" and (s := n.child_by_field_name("source")) is not None:
                if self.of(s).strip("'\"") == module:
                    out += [self.of(x) for x in walk(n) if x.type == "identifier"]
        return out

    def after_imports(self) -> int:
        """The offset after the last import (or directive, or leading comment block), at the start of a line."""
        last = 0
        for n in self.root.named_children:
            if n.type == "import_statement" or (
                n.type == "expression_statement" and n.named_children[0].type == "string"
            ):
                last = self.end_of_line(n)
            elif n.type == "comment" and last == 0:
                continue
            elif n.type != "comment":
                break
        if last == 0 and self.root.named_children:
            first = self.root.named_children[0]
            last = self.end_of_line(first) if first.type == "comment" else 0
        return last

    def end_of_line(self, node: Node) -> int:
        """The offset after the line end that follows a node."""
        row = node.end_point.row + 1
        return self.starts[row] if row < len(self.starts) else len(self.data)

    def start_of_line(self, node: Node) -> int:
        """The offset at which the line of a node begins."""
        return self.starts[node.start_point.row]

    def alone(self, node: Node) -> bool:
        """Whether nothing but comments shares the lines of a node."""
        before = self.data[self.start_of_line(node) : node.start_byte]
        after = self.data[node.end_byte : self.end_of_line(node)].strip()
        return not before.strip() and (not after or after.startswith((b"//", b"/*")))


def read_code(source: SourceFile) -> Code | None:
    """The file, parsed; None when it cannot be read or has errors."""
    text = source.text
    if text is None:
        try:
            text = read_text(source.absolute)
        except OSError:
            return None
    syntax = parse(text, str(source.absolute))
    if isinstance(syntax, str) or syntax.root.has_error:
        return None
    return Code(source, text, syntax.source, syntax.root)


@dataclass
class Draft:
    """Edits under construction, in bytes: (code, start, end, text). `kind` and `title` as of `Repair`.

    `private` names what the edit moves out of other calls' reach (see `EntryPoint.acts`), and so out of the report.
    """

    kind: str
    title: str
    private: frozenset[str] = frozenset()
    parts: list[tuple[Code, int, int, str]] = field(default_factory=list)

    def insert(self, code: Code, at: int, text: str) -> None:
        """Insert a text."""
        self.parts.append((code, at, at, text))

    def replace(self, code: Code, node: Node, text: str) -> None:
        """Replace a node."""
        self.parts.append((code, node.start_byte, node.end_byte, text))

    def lines_before(self, code: Code, node: Node, *lines: str) -> None:
        """Insert lines before the one of a node, indented like it."""
        pad = code.indent(node)
        self.insert(code, code.start_of_line(node), "".join(_line(pad, line, code.eol) for line in lines))

    def lines_after(self, code: Code, node: Node, *lines: str) -> None:
        """Insert lines after the last one of a node, indented like its first."""
        pad = code.indent(node)
        lead = "" if code.end_of_line(node) < len(code.data) or code.data.endswith(b"\n") else code.eol
        self.insert(code, code.end_of_line(node), lead + "".join(_line(pad, line, code.eol) for line in lines))

    def remove(self, code: Code, node: Node) -> None:
        """Remove a statement with its lines, and with one blank line of two that would meet."""
        if code.alone(node):
            start, end = code.start_of_line(node), code.end_of_line(node)
            before = code.data[:start].rstrip(b" \t")
            blank_before = before.endswith((b"\n\n", b"\n\r\n", b"{\n", b"{\r\n"))
            rest = code.data[end:].lstrip(b" \t")
            if blank_before and rest.startswith((b"\n", b"\r\n")):
                end += code.data[end:].index(b"\n") + 1
            self.parts.append((code, start, end, ""))
        else:
            start = node.start_byte
            while code.data[start - 1 : start] in (b" ", b"\t"):
                start -= 1
            self.parts.append((code, start, node.end_byte, ""))

    def import_name(self, code: Code, module: str, name: str) -> None:
        """Import a name from a package, unless the file does."""
        if name in code.imports(module):
            return
        for n in code.root.named_children:
            named = next((c for c in walk(n) if c.type == "named_imports"), None)
            source = n.child_by_field_name("source") if n.type == "import_statement" else None
            type_only = any(c.type == "type" for c in n.children)
            if source is not None and named is not None and code.of(source)[1:-1] == module and not type_only:
                self.insert(code, named.named_children[-1].end_byte, f", {name}")
                return
        line = f"import {{ {name} }} from {code.quote}{module}{code.quote}{code.semi}{code.eol}"
        self.insert(code, code.after_imports(), line)

    def shift(self, code: Code, first: Node, last: Node) -> None:
        """Indent the lines from one node to another by one level."""
        self._indent(code, range(first.start_point.row, last.end_point.row + 1))

    def shift_below(self, code: Code, node: Node) -> None:
        """Indent the lines of a node after its first by one level."""
        self._indent(code, range(node.start_point.row + 1, node.end_point.row + 1))

    def _indent(self, code: Code, rows: range) -> None:
        for row in rows:
            start = code.starts[row]
            end = code.starts[row + 1] if row + 1 < len(code.starts) else len(code.data)
            if row in code.verbatim or not code.data[start:end].strip():
                continue
            self.insert(code, start, code.unit)

    def repair(self, fingerprint: str) -> Repair | None:
        """The edits as a repair; None when they contradict each other."""
        out: list[Edit] = []
        parts = sorted(
            enumerate(self.parts), key=lambda p: (str(p[1][0].source.absolute), p[1][1], p[1][2] > p[1][1], p[0])
        )
        previous: tuple[Code, int] | None = None
        holes = [(c, s, e) for _, (c, s, e, _) in parts if e > s]
        for _, (code, start, end, text) in parts:
            if start == end and text == code.unit and any(c is code and s <= start < e for c, s, e in holes):
                continue  # the indentation of a line that goes away
            if previous is not None and previous[0] is code and start < previous[1]:
                return None
            previous = (code, end)
            out.append(Edit(code.source.absolute, _points(code, start), _points(code, end), text))
        return Repair(self.title, self.kind, tuple(out), fingerprint) if out else None


def _free(taken: frozenset[str], wanted: tuple[str, ...]) -> str:
    numbered = (f"{wanted[-1]}{n}" for n in range(2, len(taken) + 3))
    return next(name for name in (*wanted, *numbered) if name not in taken)


def _line(pad: str, line: str, eol: str) -> str:
    return f"{pad}{line}{eol}" if line.strip() else eol


def _points(code: Code, offset: int) -> int:
    return len(code.data[:offset].decode("utf-8", "replace"))
