"""A finding with its code: the nodes that recipes start from.

`act` is the statement that relies on what went stale, `read` the one that read it, `rival` the one that changed
it in between. All are located by the verifier's own places, never guessed from text; each may be missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from krepis.twin.findings import Finding, Place
from krepis.twin.fixes._source import BLOCKS, Code, above, body_of, function_of, read_code, statement_of, within
from krepis.twin.options import SourceFile
from tree_sitter import Node


@dataclass(frozen=True, eq=False)
class Spot:
    """A node of the program: the expression that was found, and its innermost statement."""

    code: Code
    node: Node
    statement: Node
    what: str = ""


@dataclass(frozen=True, eq=False)
class Case:
    """A finding and its code. `at` is where it is reported; `codes` are all parsed files by shown path."""

    finding: Finding
    codes: dict[str, Code]
    at: Spot
    act: Spot
    read: Spot | None
    rival: Spot | None

    @property
    def code(self) -> Code:
        """The file in which it is reported."""
        return self.at.code


@dataclass(frozen=True, eq=False)
class Region:
    """The part of one block from a first statement (index `first`) to the one that acts (index `last`)."""

    code: Code
    function: Node
    block: Node
    body: tuple[Node, ...]
    first: int
    last: int


def case_of(finding: Finding, files: Sequence[SourceFile]) -> Case | None:
    """The case of a finding; None when its file has errors."""
    places = (finding.read, finding.act, finding.rival)
    named = {finding.file, *(s.file for s in finding.steps), *(p.file for p in places if p is not None)}
    codes = {f.path: code for f in files if f.path in named and (code := read_code(f)) is not None}
    at = spot(codes, Place(finding.file, finding.line, finding.column, finding.end_line, finding.end_column, ""))
    if at is None:
        return None
    act = spot(codes, finding.act)
    if act is None or act.code is not at.code:
        act = at
    return Case(finding, codes, at, act, spot(codes, finding.read), spot(codes, finding.rival))


def spot(codes: dict[str, Code], place: Place | None) -> Spot | None:
    """The node at a place: the largest one that begins there and does not go beyond it."""
    if place is None or place.file not in codes:
        return None
    code = codes[place.file]
    node = code.on_line(place.line, place.column)
    if node is None:
        return None
    end = (place.end_line - 1, place.end_column)
    while (
        node.parent is not None
        and node.parent.start_byte == node.start_byte
        and (node.parent.end_point.row, node.parent.end_point.column + 1) <= end
    ):
        node = node.parent
    statement = statement_of(node)
    return None if statement is None else Spot(code, node, statement, place.what)


def region_of(first: Spot | None, last: Spot | None) -> Region | None:
    """The statements from one spot to another in the innermost block of one function that holds both."""
    if first is None or last is None or first.code is not last.code:
        return None
    for block in above(last.statement):
        if block.type in BLOCKS and within(first.node, block):
            function = function_of(block)
            if function is None or body_of(function) is None:
                return None
            body = tuple(n for n in block.named_children if n.type != "comment")
            start = next((i for i, n in enumerate(body) if within(first.node, n)), None)
            stop = next((i for i, n in enumerate(body) if within(last.node, n)), None)
            if start is None or stop is None or start > stop:
                return None
            return Region(last.code, function, block, body, start, stop)
    return None
