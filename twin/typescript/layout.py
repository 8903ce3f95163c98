"""Which lines of a text can change what a verification says, and where its results are after the others changed.

Strategy: empty lines, and lines that hold nothing but comments between statements or members, are left out, as long
as they are plain prose: what reads raw text (tags, recognition of libraries) could take other comments for code. Two
texts with equal lines that count give the same results but for the numbers of lines, which are then carried over.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from krepis.twin.contents import declares
from krepis.twin.findings import EntryPoint, Finding, Place, Step
from krepis.twin.typescript.jsdoc import TAGS
from krepis.twin.typescript.results import FileResult
from krepis.twin.typescript.syntax import Grammar, parse, scan_module
from tree_sitter import Node, Query, QueryCursor

LONG = 30
"""Lines of a finding that are marked; of a longer one only its start is."""
_BETWEEN = frozenset({"program", "statement_block", "class_body", "interface_body"})
_PROSE = re.compile(r"(?:[\w\s,;:'\"!*/-]|\.(?![\w$]))*")
_TAG = re.compile(("@(?:" + "|".join(TAGS) + ")").encode())
_CODE = re.compile(
    r"\b(?:async|await|yield|Promise|\w*(?:Timeout|Interval|Immediate|Tick)|queueMicrotask|EventEmitter|function|where"
    r"|transaction|import|export|default|require|create|alter|krepis\w*)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Layout:
    """The lines that count: a digest of their text, and their numbers from 1."""

    digest: bytes
    lines: Sequence[int]


Moves = Mapping[int, int]
"""The new numbers of lines that count."""


def layout(text: str, path: str) -> Layout | None:
    """The layout of a text; None when it has syntax errors, so that nothing can be left out."""
    syntax = parse(text.replace("\r\n", "\n"), path)
    if isinstance(syntax, str) or syntax.root.has_error or "\r" in text.replace("\r\n", ""):
        return None
    rows = syntax.source.split(b"\n")
    kept = {row for row, line in enumerate(rows) if line.strip()}
    found = QueryCursor(_query(syntax.grammar)).captures(syntax.root)
    for node in found.get("literal", ()):
        kept.update(range(node.start_point.row, node.end_point.row + 1))
    for run in _runs(syntax.source, sorted(found.get("comment", ()), key=lambda node: node.start_byte)):
        if not _TAG.search(syntax.source, run[0].start_byte, run[-1].end_byte):  # else the last would hide the tag
            left = [node for node in run if _left_out(syntax.source, node)]
            kept.difference_update(*(range(n.start_point.row, n.end_point.row + 1) for n in left))
    lines = sorted(kept)
    digest = hashlib.blake2b(b"\n".join(rows[row] for row in lines), digest_size=16)
    digest.update(bytes((scan_module(text), declares(syntax.source))))
    return Layout(digest.digest(), [row + 1 for row in lines])


@cache
def _query(grammar: Grammar) -> Query:
    language = grammar.language
    kinds = {language.node_kind_for_id(n) for n in range(language.node_kind_count)}
    literals = [kind for kind in ("template_string", "string", "jsx_text", "regex") if kind in kinds]
    return Query(language, "(comment) @comment " + " ".join(f"({kind}) @literal" for kind in literals))


def _runs(source: bytes, comments: Sequence[Node]) -> list[list[Node]]:
    """Comments with nothing between them."""
    runs: list[list[Node]] = []
    for node in comments:
        if runs and not source[runs[-1][-1].end_byte : node.start_byte].strip():
            runs[-1].append(node)
        else:
            runs.append([node])
    return runs


def _left_out(source: bytes, node: Node) -> bool:
    """Whether a comment is prose, between statements, on lines of its own."""
    if node.parent is None or node.parent.type not in _BETWEEN:
        return False
    start, end = node.start_byte, node.end_byte
    before = source[source.rfind(b"\n", 0, start) + 1 : start]
    after = source[end : (source.find(b"\n", end) + 1 or len(source) + 1) - 1]
    if before.strip() or after.strip():
        return False
    text = source[start:end].decode("utf-8", "replace")
    return _PROSE.fullmatch(text) is not None and _CODE.search(text) is None


def moves(old: Layout | None, new: Layout | None) -> Moves | None:
    """Where lines went; None when what counts has changed."""
    if old is None or new is None or old.digest != new.digest:
        return None
    return dict(zip(old.lines, new.lines, strict=True))


def moved(result: FileResult, path: str, lines: Moves) -> FileResult | None:
    """A result after lines of the file that reports call `path` moved; None when it has to be computed anew."""
    try:
        return replace(
            result,
            findings=[_finding(f, path, lines) for f in result.findings],
            notes=[replace(n, line=lines[n.line]) if n.file == path else n for n in result.notes],
            entry_points=[_entry(e, path, lines) for e in result.entry_points],
            spent=tuple(
                ((where[0], lines[where[1]], where[2]), figures) if where[0] == path else (where, figures)
                for where, figures in result.spent
            ),
        )
    except (KeyError, _Unclear):
        return None


class _Unclear(Exception):
    """A finding was cut short, or would be."""


def _entry(entry: EntryPoint, path: str, lines: Moves) -> EntryPoint:
    return replace(entry, line=lines[entry.line]) if entry.file == path else entry


def _finding(finding: Finding, path: str, lines: Moves) -> Finding:
    steps = tuple(_step(step, path, lines) for step in finding.steps)
    read, act, rival = (_place(place, path, lines) for place in (finding.read, finding.act, finding.rival))
    if finding.file != path:
        return replace(finding, steps=steps, read=read, act=act, rival=rival)
    line, end_line = lines[finding.line], lines[finding.end_line]
    short = finding.end_line == finding.line and finding.end_column == finding.column + 1
    if short or end_line - line > LONG:
        raise _Unclear
    return replace(finding, line=line, end_line=end_line, steps=steps, read=read, act=act, rival=rival)


def _step(step: Step, path: str, lines: Moves) -> Step:
    return replace(step, line=lines[step.line]) if step.file == path else step


def _place(place: Place | None, path: str, lines: Moves) -> Place | None:
    if place is None or place.file != path:
        return place
    return replace(place, line=lines[place.line], end_line=lines[place.end_line])


def mentions(result: FileResult, path: str) -> bool:
    """Whether a result names lines of a file."""
    return (
        any(e.file == path for e in result.entry_points)
        or any(n.file == path for n in result.notes)
        or any(where[0] == path for where, _ in result.spent)
        or any(
            f.file == path
            or any(s.file == path for s in f.steps)
            or any(p is not None and p.file == path for p in (f.read, f.act, f.rival))
            for f in result.findings
        )
    )
