"""Parse TypeScript text with tree-sitter, and measure positions in it.

Strategy: one parse per module; every later stage reads node kinds as interned strings (`Kinds.of`, anonymous
tokens carry a leading apostrophe so that the keyword `string` and a string literal differ) and slices the
source bytes instead of asking nodes for their text.

Rules: nothing here raises on any input.  Files beyond `MAX_BYTES` are not parsed.  A parse that takes more
than `_budget_s` of processor time (error recovery on garbage can) is given up.  Positions are those of
editors: lines end at LF, CRLF or CR (not at U+2028), lines and columns count from 1, columns in UTF-16 code
units.

`using` declarations, which the grammar only half knows, are parsed as `const` of the same length and
remembered by offset; `export type *` is parsed as `export *`.
Deliberately absent: incremental reparsing (a language server's business).
"""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

import tree_sitter_typescript
from tree_sitter import Language, Node, Parser, Query, QueryCursor

MAX_BYTES = 8 * 1024 * 1024
_CHUNK = 1 << 16

Span = tuple[int, int, int, int]
"""(line, column, end line, end column), all from 1, columns in UTF-16 code units."""

_ASYNC = re.compile(
    r"\b(?:async|await|yield|Promise|setTimeout|setInterval|setImmediate|queueMicrotask|nextTick|EventEmitter)\b"
    r"|function\s*\*|\.(?:then|catch|finally|on|once|emit|addListener|addEventListener)\s*\("
)
_USING = re.compile(rb"(?<![\w$.#])(?:await[ \t]+)?using(?=[ \t]+[A-Za-z_$][\w$]*\s*(?:=(?![=>])|:|of\b))")
_TYPE_STAR = re.compile(rb"(?<![\w$.#])export(\s+)type(?=\s*\*)")
_LINE_END = re.compile(rb"\r\n|\n|\r")


def scan_module(text: str) -> bool:
    """Whether the text holds anything that can suspend or defer work: a cheap filter before lowering."""
    return _ASYNC.search(text) is not None


class Kinds(dict[int, str]):
    """Node kinds of one grammar by number; anonymous tokens as an apostrophe and their text."""

    def __init__(self, language: Language) -> None:
        for number in range(language.node_kind_count):
            name = language.node_kind_for_id(number) or ""
            self[number] = name if language.node_kind_is_named(number) else "'" + name

    def __missing__(self, number: int) -> str:
        return "ERROR"


class Fields:
    """Numbers of the grammar's fields; looking up by number is cheaper than by name."""

    def __init__(self, language: Language) -> None:
        def number(name: str) -> int:
            found = language.field_id_for_name(name)
            assert found is not None, name
            return found

        self.alias = number("alias")
        self.alternative = number("alternative")
        self.argument = number("argument")
        self.arguments = number("arguments")
        self.body = number("body")
        self.condition = number("condition")
        self.consequence = number("consequence")
        self.constructor = number("constructor")
        self.declaration = number("declaration")
        self.finalizer = number("finalizer")
        self.flags = number("flags")
        self.function = number("function")
        self.handler = number("handler")
        self.increment = number("increment")
        self.index = number("index")
        self.index_type = number("index_type")
        self.initializer = number("initializer")
        self.key = number("key")
        self.kind = number("kind")
        self.label = number("label")
        self.left = number("left")
        self.name = number("name")
        self.object = number("object")
        self.operator = number("operator")
        self.optional_chain = number("optional_chain")
        self.parameter = number("parameter")
        self.parameters = number("parameters")
        self.pattern = number("pattern")
        self.property = number("property")
        self.return_type = number("return_type")
        self.right = number("right")
        self.source = number("source")
        self.type = number("type")
        self.type_arguments = number("type_arguments")
        self.type_parameters = number("type_parameters")
        self.value = number("value")


@dataclass(frozen=True, eq=False)
class Grammar:
    language: Language
    kinds: Kinds
    fields: Fields
    assertions: Query

    def misplaced(self, root: Node) -> Iterator[int]:
        """Offsets of the marks of assertions like `a + b!.c`, which the grammar takes for `(a + b)!.c`."""
        for found in QueryCursor(self.assertions).captures(root).get("misplaced", ()):
            node: Node | None = found
            while node is not None and node.start_byte == found.start_byte and node.type in _LINKS:
                if node.type == "non_null_expression":
                    yield node.end_byte - 1
                node = node.parent


_ASSERTION = re.compile(rb"[\w$)\]}]\s*!(?!=)")
_LINKS = frozenset(["non_null_expression", "member_expression", "subscript_expression", "call_expression"])
_MISPLACED = "(non_null_expression [(binary_expression) (unary_expression) {}]) @misplaced"


@cache
def grammar(dialect: str) -> Grammar:
    """The grammar of one dialect, 'typescript' or 'tsx'."""
    source = tree_sitter_typescript.language_tsx() if dialect == "tsx" else tree_sitter_typescript.language_typescript()
    language = Language(source)
    return Grammar(
        language,
        Kinds(language),
        Fields(language),
        Query(language, _MISPLACED.format("" if dialect == "tsx" else "(type_assertion)")),
    )


class Lines:
    """Byte offsets of a text to editor positions."""

    def __init__(self, source: bytes) -> None:
        self._source = source

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self._source))]

    @cached_property
    def _ascii(self) -> bool:
        return self._source.isascii()

    def line(self, offset: int) -> int:
        """The line of a byte offset."""
        return bisect_right(self._starts, offset)

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of a byte offset."""
        line = self.line(offset)
        start = self._starts[line - 1]
        if self._ascii:
            return line, offset - start + 1
        before = self._source[start:offset].decode("utf-8", "replace")
        return line, len(before) + sum(char > "\uffff" for char in before) + 1

    def span(self, start: int, end: int) -> Span:
        return (*self.position(start), *self.position(end))


@dataclass(frozen=True)
class Syntax:
    """A parsed module.  `source` is UTF-8; `using` and `await_using` are offsets of such declarations."""

    source: bytes
    root: Node
    grammar: Grammar
    using: frozenset[int]
    await_using: frozenset[int]


def dialect_of(path: str) -> str:
    """The dialect a path's suffix asks for."""
    return "tsx" if path.lower().endswith((".tsx", ".jsx")) else "typescript"


def parse(text: str, path: str) -> Syntax | str:
    """Parse a module, or say in a sentence why it was not parsed."""
    source = text.encode("utf-8", "replace")
    if len(source) > MAX_BYTES:
        return f"file of {len(source)} bytes is larger than the limit of {MAX_BYTES} bytes"
    dialect = dialect_of(path)
    syntax = _parse(source, dialect)
    if (
        isinstance(syntax, Syntax)
        and syntax.root.has_error
        and dialect == "typescript"
        and path.lower().endswith((".js", ".mjs", ".cjs"))
    ):
        other = _parse(source, "tsx")
        if isinstance(other, Syntax) and not other.root.has_error:
            return other
    return syntax


def _parse(source: bytes, dialect: str) -> Syntax | str:
    rules = grammar(dialect)
    using: set[int] = set()
    await_using: set[int] = set()

    def as_const(match: re.Match[bytes]) -> bytes:
        length = len(match[0])
        (await_using if match[0].startswith(b"await") else using).add(match.end() - 5)
        return b"const".rjust(length)

    parsed_text = _USING.sub(as_const, source) if b"using" in source else source
    if b"export" in parsed_text:
        parsed_text = _TYPE_STAR.sub(lambda match: match[0].replace(b"type", b"    "), parsed_text)
    if b">`" in parsed_text:
        parsed_text = _without_tag_types(parsed_text)
    deadline = time.process_time() + _budget_s(len(source))

    def read(offset: int, _point: object) -> bytes:
        return parsed_text[offset : offset + _CHUNK]

    def expired(_offset: int, _has_error: bool) -> bool:
        return time.process_time() > deadline

    try:
        tree = Parser(rules.language).parse(read, progress_callback=expired)
        if _ASSERTION.search(parsed_text) and (misplaced := [*rules.misplaced(tree.root_node)]):
            blanked = bytearray(parsed_text)
            for offset in misplaced:
                blanked[offset] = 0x20
            parsed_text = bytes(blanked)
            tree = Parser(rules.language).parse(read, progress_callback=expired)
    except ValueError:
        return f"parsing took more than {_budget_s(len(source)):.0f} s of processor time"
    return Syntax(source, tree.root_node, rules, frozenset(using), frozenset(await_using))


MAX_TAG_TYPES_BYTES = 2_000
"""Type arguments of a tag that are looked for; longer ones are left as they are."""
_IN_TYPES = re.compile(rb"[\w\s$.,:;|&?(){}\[\]<>=\"'-]*")


def _without_tag_types(text: bytes) -> bytes:
    """Blanks in place of the type arguments of tags (`sql<Row[]>`...``), which the grammar takes for comparisons."""
    out = bytearray(text)
    end = text.find(b">`")
    while end >= 0:
        start = _opening(text, end)
        if start > 0 and (text[start - 1 : start].isalnum() or text[start - 1] in b"_$)]"):
            if _IN_TYPES.fullmatch(text, start, end):
                out[start : end + 1] = re.sub(rb"[^\r\n]", b" ", text[start : end + 1])
        end = text.find(b">`", end + 1)
    return bytes(out)


def _opening(text: bytes, end: int) -> int:
    """Where the `<` is that the `>` at `end` belongs to, -1 if it is too far away."""
    depth = 0
    for at in range(end, max(-1, end - MAX_TAG_TYPES_BYTES), -1):
        if text[at] == 0x3E and text[at - 1] != 0x3D:  # the arrow of a function type is no bracket
            depth += 1
        elif text[at] == 0x3C:
            depth -= 1
            if depth == 0:
                return at
    return -1


def _budget_s(size: int) -> float:
    """Processor seconds that a parse of so many bytes may take: some twenty times the usual."""
    return 2.0 + size / 250_000
