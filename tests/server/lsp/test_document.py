"""The text document against a slow and obvious reference: a list of UTF-16 units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.server.lsp import trees
from krepis.server.lsp.document import Encoding, byte_column, clamp, client_column, content, document, point_at, replace

CHARACTERS = "ab\n\r\u2028\u0085\x0b\x0cé字😀\ufeff\ud800"
TEXTS = st.text(alphabet=CHARACTERS, max_size=20)
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def size(character: str, encoding: Encoding) -> int:
    """Units of one character."""
    if encoding == "utf-8":
        return len(character.encode("utf-8", "surrogatepass"))
    return 2 if encoding == "utf-16" and character > "\uffff" else 1


def offset_of(text: str, line: int, column: int, encoding: Encoding) -> int:
    """The index into `text` of a position, one character at a time, as the specification says."""
    at = 0
    for _ in range(line):
        while at < len(text) and text[at] not in "\r\n":
            at += 1
        if at == len(text):
            return at
        at += 2 if text.startswith("\r\n", at) else 1
    while at < len(text) and text[at] not in "\r\n" and size(text[at], encoding) <= column:
        column -= size(text[at], encoding)
        at += 1
    return at


@given(TEXTS, st.lists(st.tuples(*[st.integers(0, 6)] * 4, TEXTS), max_size=5), ENCODINGS)
def test_edits_are_those_of_the_reference(text: str, edits: list[tuple[int, int, int, int, str]], encoding: Encoding):
    doc, expected = document(text), text
    for line, column, end_line, end_column, inserted in edits:
        start = offset_of(expected, line, column, encoding)
        end = offset_of(expected, end_line, end_column, encoding)
        start, end = min(start, end), max(start, end)
        before = doc.source
        doc, splice = replace(doc, (line, column), (end_line, end_column), inserted, encoding)
        expected = expected[:start] + inserted + expected[end:]
        assert doc.text == expected
        assert doc.lines == document(expected).lines
        assert before[: splice.start] == doc.source[: splice.start]
        assert before[splice.old_end :] == doc.source[splice.new_end :]
        assert doc.source[splice.start : splice.new_end] == inserted.encode("utf-8", "surrogatepass")


@given(TEXTS, st.integers(0, 6), st.integers(0, 30), ENCODINGS)
def test_positions_there_and_back(text: str, line: int, column: int, encoding: Encoding):
    doc = document(text)
    row, at = clamp(doc, (line, column), encoding)
    back = client_column(content(doc.lines[row]), at, encoding)
    assert byte_column(content(doc.lines[row]), back, encoding) == at
    offset = len(b"".join(doc.lines[:row])) + at
    assert point_at(doc, offset, encoding) == (row, back)
    assert doc.source[:offset].decode("utf-8", "surrogatepass") == text[: offset_of(text, line, column, encoding)]


@given(TEXTS, st.lists(st.tuples(*[st.integers(0, 6)] * 4, TEXTS), min_size=1, max_size=4))
def test_incremental_parsing_gives_what_parsing_gives(text: str, edits: list[tuple[int, int, int, int, str]]):
    doc = document("async function f() { await g() }\n" + text)
    tree = trees.parse(doc, "typescript")
    for line, column, end_line, end_column, inserted in edits:
        new, splice = replace(doc, (line, column), (end_line, end_column), inserted, "utf-16")
        tree = trees.reparse(tree, doc, new, splice, "typescript")
        doc = new
    fresh = trees.parse(doc, "typescript").root_node
    assert tree.root_node.end_byte == fresh.end_byte
    if not fresh.has_error:
        assert str(tree.root_node) == str(fresh)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_only_three_line_ends_count(encoding: Encoding):
    doc = document("const s = 'a\u2028b'\r\nlet y = 1\rlet z\n")
    assert len(doc.lines) == 4
    new, _ = replace(doc, (1, 8), (1, 9), "22", encoding)
    assert new.text == "const s = 'a\u2028b'\r\nlet y = 22\rlet z\n"
