"""Suppression comments: `// krepis-ignore <rule>: <reason>`.

A comment silences findings of its rule on its own line, or, when it stands alone, on the next line that is
not a comment. The rule is a code (`krepis/race/lost-update`) or its last part. Without a reason nothing is
silenced: whoever reads the code next has to know why. A comment that silences nothing, names no rule, or
lacks a reason is said, so that comments do not outlive their cause.

Only real comments count, so files that mention the word are parsed; others are not read twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Final

import tree_sitter_typescript
from krepis.twin.contents import IGNORE
from krepis.twin.findings import KINDS, RULES, Finding, Kind, Note, Report, Suppressed
from tree_sitter import Language, Node, Parser

WORD: Final = IGNORE.decode()
_COMMENT: Final = re.compile(rf"\W*{WORD}\b[ \t]*(?P<rule>[\w/-]*)[ \t]*(?P<colon>:?)(?P<reason>.*)", re.DOTALL)
_KIND_OF: Final[Mapping[str, Kind]] = {**{kind: kind for kind in KINDS}, **{c: k for k, c in RULES.items()}}


@dataclass(frozen=True, slots=True)
class Suppression:
    """A valid comment on `line` that silences findings of `kind` on `target`."""

    line: int
    target: int
    kind: Kind
    reason: str


def apply_suppressions(report: Report, texts: Mapping[str, str]) -> Report:
    """`report` with findings that a comment silences moved to `suppressed`, and remarks about bad comments.

    `texts` holds the text of each verified file, by its name in the report; only those with `WORD` matter.
    """
    comments: dict[str, list[Suppression]] = {}
    remarks: list[Note] = []
    for file, text in texts.items():
        if WORD in text:
            comments[file], problems = read_suppressions(file, text)
            remarks += problems
    kept: list[Finding] = []
    silenced: list[Suppressed] = []
    used: set[tuple[str, Suppression]] = set()
    for finding in report.findings:
        match = next((s for s in comments.get(finding.file, ()) if _silences(s, finding)), None)
        if match is None:
            kept.append(finding)
        else:
            used.add((finding.file, match))
            silenced.append(Suppressed(finding, "in-source", match.reason))
    remarks += [
        Note(file, s.line, "skipped", f"This {WORD} silences nothing: no {s.kind} on line {s.target}.")
        for file, found in comments.items()
        for s in found
        if (file, s) not in used
    ]
    return replace(
        report,
        findings=tuple(kept),
        suppressed=(*report.suppressed, *silenced),
        remarks=(*report.remarks, *remarks),
    )


def _silences(suppression: Suppression, finding: Finding) -> bool:
    at = suppression.target == finding.line or finding.line < suppression.line <= finding.end_line
    return at and suppression.kind == finding.kind


def read_suppressions(file: str, text: str) -> tuple[list[Suppression], list[Note]]:
    """The valid suppression comments of a file, and what is wrong with the others."""
    valid: list[Suppression] = []
    problems: list[Note] = []
    source = text.encode("utf-8", "surrogatepass")
    typescript = tree_sitter_typescript
    grammar = typescript.language_tsx() if file.endswith("x") else typescript.language_typescript()
    comments = list(_comments(Parser(Language(grammar)).parse(source).root_node))
    lines = source.split(b"\n")
    covered = {n: c for c in comments for n in range(c.start_point.row, c.end_point.row + 1)}
    for comment in comments:
        match = _COMMENT.match(source[comment.start_byte : comment.end_byte].decode("utf-8", "replace"))
        if match is None:
            continue
        line = comment.start_point.row + 1
        rule, reason = match["rule"], match["reason"].strip().removesuffix("*/").strip()
        kind = _KIND_OF.get(rule)
        if kind is None:
            problems.append(Note(file, line, "skipped", _unknown(rule)))
        elif not (match["colon"] and reason):
            text_ = f"This {WORD} gives no reason, so it silences nothing: write {WORD} {rule}: <reason>."
            problems.append(Note(file, line, "skipped", text_))
        else:
            valid.append(Suppression(line, _target(comment, lines, covered), kind, reason))
    return valid, problems


def _comments(root: Node) -> Iterable[Node]:
    """All comment nodes, in order, without recursion (sources may nest deeply)."""
    cursor = root.walk()
    while True:
        node = cursor.node
        if node is not None and node.type == "comment":
            yield node
        if cursor.goto_first_child() or cursor.goto_next_sibling():
            continue
        while cursor.goto_parent():
            if cursor.goto_next_sibling():
                break
        else:
            return


def _target(comment: Node, lines: list[bytes], covered: Mapping[int, Node]) -> int:
    """The line that a comment is about: its own when code stands before it, else the next that is code."""
    row = comment.start_point.row
    if lines[row][: comment.start_point.column].strip(b" \t\r{"):
        return row + 1
    row = comment.end_point.row + 1
    while row in covered and not lines[row][: covered[row].start_point.column].strip():
        row = covered[row].end_point.row + 1
    return row + 1


def _unknown(rule: str) -> str:
    if not rule:
        return f"This {WORD} names no rule, so it silences nothing: write {WORD} <rule>: <reason>."
    near = get_close_matches(rule, _KIND_OF, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"rules are {', '.join(KINDS)}."
    return f"This {WORD} names no rule that exists ({rule}): {hint}"
