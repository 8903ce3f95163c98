"""Text documents as LSP sees them: immutable, in UTF-8 lines.

A document is a list of lines as bytes, each with its line end. Lines end at LF, CRLF or CR and nowhere else
(U+2028 is a character like any other). An edit makes a new document that shares all other lines, so that a
snapshot costs nothing and a keystroke copies one line and a list of pointers. Offsets are in bytes, which is what
tree-sitter counts in; positions are in the units that the client chose.

Rules: no position is an error. One beyond its line means the line's end, one beyond the text the text's end, one
inside a character its start. Lone surrogates survive (`surrogatepass`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]
Point = tuple[int, int]
"""A position: line and column, both from 0, the column in the units of an encoding."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Bytes `start` to `old_end` were replaced, which now end at `new_end`; `lines` old lines became `new_lines`."""

    start: int
    old_end: int
    new_end: int
    line: int
    lines: int
    new_lines: int


@dataclass(frozen=True)
class Document:
    """A version of a text. `lines` keep their line ends; the last one has none and may be empty."""

    lines: tuple[bytes, ...]
    version: int | None = None

    @cached_property
    def source(self) -> bytes:
        """The whole text in UTF-8."""
        return b"".join(self.lines)

    @cached_property
    def text(self) -> str:
        """The whole text."""
        return self.source.decode("utf-8", "surrogatepass")


def document(text: str, version: int | None = None) -> Document:
    """A document with this text."""
    return Document(tuple(split(text.encode("utf-8", "surrogatepass"))), version)


def split(source: bytes) -> list[bytes]:
    """Lines with their ends; there is always a last line without one."""
    lines = source.splitlines(keepends=True)  # of bytes: at LF, CRLF and CR only
    if not lines or lines[-1][-1:] in (b"\n", b"\r"):
        lines.append(b"")
    return lines


def replace(doc: Document, start: Point, end: Point, text: str, encoding: Encoding) -> tuple[Document, Splice]:
    """`doc` with the text between two positions replaced, and what that did to its bytes and lines."""
    start, end = sorted((clamp(doc, start, encoding), clamp(doc, end, encoding)))
    first, last = start[0], end[0]
    inserted = text.encode("utf-8", "surrogatepass")
    chunk = doc.lines[first][: start[1]] + inserted + doc.lines[last][end[1] :]
    base = sum(map(len, islice(doc.lines, first)))
    removed = sum(map(len, islice(doc.lines, first, last))) + end[1] - start[1]
    offset = base + start[1]
    if first and chunk[:1] == b"\n" and doc.lines[first - 1][-1:] == b"\r":  # CR and LF have met
        first -= 1
        chunk = doc.lines[first] + chunk
    new = split(chunk)
    if last + 1 < len(doc.lines):
        new.pop()  # the chunk ends where a line ends; the next line is there already
    lines = (*doc.lines[:first], *new, *doc.lines[last + 1 :])
    splice = Splice(offset, offset + removed, offset + len(inserted), first, last + 1 - first, len(new))
    return Document(lines, doc.version), splice


def clamp(doc: Document, point: Point, encoding: Encoding) -> Point:
    """The line, and the column in bytes, that a client's position means."""
    line, column = point
    if line < 0:
        return 0, 0
    if line >= len(doc.lines):
        return len(doc.lines) - 1, len(doc.lines[-1])
    return line, byte_column(content(doc.lines[line]), max(0, column), encoding)


def content(line: bytes) -> bytes:
    """A line without its end."""
    return line.rstrip(b"\r\n") if line[-1:] in (b"\n", b"\r") else line


def byte_column(line: bytes, column: int, encoding: Encoding) -> int:
    """Bytes before a column; never inside a character, never beyond the line."""
    if line.isascii():
        return min(column, len(line))
    if encoding == "utf-8":
        column = min(column, len(line))
        while 0 < column < len(line) and line[column] & 0xC0 == 0x80:
            column -= 1
        return column
    units = size = 0
    for character in line.decode("utf-8", "surrogatepass"):
        units += 2 if encoding == "utf-16" and character > "\uffff" else 1
        if units > column:
            break
        size += len(character.encode("utf-8", "surrogatepass"))
    return size


def client_column(line: bytes, column: int, encoding: Encoding) -> int:
    """The column in the client's units of a column in bytes."""
    line = line[:column]
    if encoding == "utf-8" or line.isascii():
        return len(line)
    text = line.decode("utf-8", "surrogatepass" if column == len(line) else "ignore")
    return len(text) + sum(c > "\uffff" for c in text) if encoding == "utf-16" else len(text)


def converted(doc: Document, line: int, column: int, known: Encoding, wanted: Encoding) -> int:
    """A column of a line in other units."""
    if known == wanted or not 0 <= line < len(doc.lines):
        return column
    text = content(doc.lines[line])
    return client_column(text, byte_column(text, column, known), wanted)


def point_at(doc: Document, offset: int, encoding: Encoding) -> Point:
    """The position of a byte offset."""
    for number, line in enumerate(doc.lines):
        if offset < len(line) or number == len(doc.lines) - 1:
            return number, client_column(content(line), offset, encoding)
        offset -= len(line)
    raise AssertionError("a document has a line")
