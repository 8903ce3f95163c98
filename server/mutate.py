"""Mutants of a program: one protection against races taken away at a time, to see what verification catches.

Strategy: operators are functions of a syntax tree that give edits in bytes of one place. What they take away is a
lock, an await, a transaction, its isolation, a condition of a statement, a row lock, a unique check, or the giving back
in `finally`: what people forget. A mutant is *detected* when the program with it has a finding that the program without
it has not; *unseen* when the verification of both is the same step for step, so that the mutant is equivalent as far as
is known, or lies where verification does not look; and it *survived* when it changed what was explored, but nothing was
found. Findings are compared by rule, file and function, since a mutant may change the text that a fingerprint is of.

The idea is that of DeMillo, Lipton and Sayward, "Hints on Test Data Selection" (1978); operators for concurrency as in
Bradbury, Cordy and Dingel, "Mutation Operators for Concurrent Java" (2006).
Deliberately absent: mutants that no verifier of races could catch, such as other constants.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Literal

from krepis.server.run import text_of
from krepis.twin.findings import Report
from krepis.twin.options import Options, SourceFile
from krepis.twin.typescript.session import Session
from krepis.twin.typescript.syntax import Lines, Syntax, parse
from tree_sitter import Node

Outcome = Literal["detected", "survived", "unseen"]
Edits = tuple[tuple[int, int, bytes], ...]
"""(start, end, text) in bytes, in order."""

_FUNCTIONS: Final = frozenset({"arrow_function", "function_expression"})
_LOCK: Final = re.compile(r"mutex|lock(?!ed)|exclusive|semaphore|synchron|critical", re.I)
_TRANSACTION: Final = re.compile(r"^(\$transaction|transaction|withTransaction|inTransaction)$")
_CHANGING: Final = frozenset(
    {"update", "updateMany", "updateOne", "findOneAndUpdate", "delete", "deleteMany", "deleteOne", "findOneAndDelete"}
)
_HOLDER: Final = re.compile(r"releas|lock|done|guard|lease", re.I)
_ADVISORY: Final = re.compile(rb"\s*SELECT\s+pg_advisory_(?:xact_)?lock\b.*", re.I | re.S)
_BEGIN: Final = re.compile(rb"\s*(?:BEGIN|START\s+TRANSACTION)(?P<level>\b[^;]*?)?\s*;?\s*", re.I)
_ROW_LOCK: Final = re.compile(
    rb"\s+FOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE|KEY\s+SHARE)(?:\s+OF\s+\w+)?(?:\s+SKIP\s+LOCKED|\s+NOWAIT)?", re.I
)
_ON_CONFLICT: Final = re.compile(rb"\s+ON\s+CONFLICT\b.*?(?=\s+RETURNING\b|$)", re.I | re.S)
_WHERE: Final = re.compile(
    rb"\b(?:UPDATE|DELETE)\b.*?\bWHERE\b(?P<condition>.*?)(?=\s+RETURNING\b|\s+ORDER\s+BY\b|;|$)", re.I | re.S
)
_AND: Final = re.compile(rb"\s+AND\s+", re.I)
_EXCLUSIVE: Final = {b"NX": "SET without NX", b"wx": "opened without wx"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one place: `what` says in a few words what was taken away. Lines count from 1."""

    operator: str
    path: str
    line: int
    what: str
    edits: Edits


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant and what became of it; `rules` are those of the new findings."""

    mutant: Mutant
    outcome: Outcome
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was tried, of how many mutants there are; `why` says what ended it before all were tried."""

    tried: tuple[Tried, ...]
    total: int
    why: str = ""


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _bytes(node: Node) -> bytes:
    return node.text or b""


def _nodes(root: Node) -> Iterator[Node]:
    stack = [root]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(node.named_children))


Found = Iterator[tuple[int, str, Edits]]
"""(offset of the place, what is taken away, edits)."""


def _awaits(node: Node) -> Found:
    """`await` where nothing uses its value, or where `finally` should run after it."""
    if node.type != "await_expression" or node.parent is None:
        return
    value = node.named_children[0]
    parent = node.parent
    is_last = parent.type == "return_statement" and any(one.type == "try_statement" for one in _above(node))
    if parent.type == "expression_statement" or is_last:
        yield node.start_byte, f"await of {_short(value)}", ((node.start_byte, value.start_byte, b""),)


def _locks(node: Node) -> Found:
    """A function that a lock runs, run without it; a lock that is acquired, not acquired."""
    if node.type in ("string", "template_string") and _ADVISORY.fullmatch(_bytes(node)[1:-1]):
        after = node.next_named_sibling
        end = after.end_byte if after is not None and after.type == "array" else node.end_byte
        yield node.start_byte, "pg_advisory_lock", ((node.start_byte, end, b"'SELECT 1'"),)
        return
    callee, arguments = _call(node)
    if callee is None or not _LOCK.search(_text(callee)):
        return
    if arguments and arguments[-1].type in _FUNCTIONS:
        work = arguments[-1]
        edits = ((node.start_byte, work.start_byte, b"("), (work.end_byte, node.end_byte, b")()"))
        yield node.start_byte, _short(callee), edits
        return
    name = _property(callee)
    awaited = node.parent
    if name in ("acquire", "lock") and awaited is not None and awaited.type == "await_expression":
        holder = awaited.parent
        if holder is not None and holder.type == "variable_declarator":
            target = holder.child_by_field_name("name")
            if (
                target is not None and target.type == "identifier" and _HOLDER.search(_text(target))
            ):  # `const release = await mutex.acquire()`
                edit = (awaited.start_byte, awaited.end_byte, b"Object.assign(() => {}, { release() {}, unlock() {} })")
                yield node.start_byte, _short(callee), (edit,)
        elif holder is not None and holder.type == "expression_statement":
            yield node.start_byte, _short(callee), ((awaited.start_byte, awaited.end_byte, b"undefined"),)


def _transactions(node: Node) -> Found:
    """`BEGIN`, its isolation level, and functions that an object runs in a transaction."""
    if node.type in ("string", "template_string"):
        inner = _bytes(node)[1:-1]
        if match := _BEGIN.fullmatch(inner):
            quote = _bytes(node)[:1]
            yield node.start_byte, "BEGIN", ((node.start_byte, node.end_byte, quote + b"SELECT 1" + quote),)
            if b"isolation" in (match["level"] or b"").lower():
                edit = (node.start_byte, node.end_byte, quote + b"BEGIN" + quote)
                yield node.start_byte, "the isolation level", (edit,)
        return
    callee, arguments = _call(node)
    if callee is None or not _TRANSACTION.match(_property(callee)):
        return
    receiver = callee.child_by_field_name("object")
    if arguments and arguments[-1].type not in _FUNCTIONS and arguments[0].type in _FUNCTIONS:
        options = arguments[-1]
        if b"isolation" in _bytes(options).lower():
            edit = (arguments[-2].end_byte, options.end_byte, b"")
            yield options.start_byte, "the isolation level", (edit,)
    if receiver is not None and arguments and arguments[0].type in _FUNCTIONS:
        work = arguments[0]
        tail = b")(" + (_bytes(receiver) if work.child_by_field_name("parameters") else b"") + b")"
        edits = ((node.start_byte, work.start_byte, b"("), (work.end_byte, node.end_byte, tail))
        yield node.start_byte, _short(callee), edits


def _conditions(node: Node) -> Found:
    """A condition of a statement that changes rows, besides the one that names the row."""
    if node.type in ("string", "template_string"):
        for match in _WHERE.finditer(_bytes(node)[:-1]):
            yield from _conjuncts(node.start_byte, match)
        return
    callee, arguments = _call(node)
    if callee is None or _property(callee) not in _CHANGING or not arguments or arguments[0].type != "object":
        return
    inner = next((value for key, value in _pairs(arguments[0]) if key == "where"), arguments[0])
    if inner.type != "object" or (inner == arguments[0] and any(key == "data" for key, _ in _pairs(inner))):
        return
    members = inner.named_children
    for before, member in pairwise(members):
        yield member.start_byte, _short(member), ((before.end_byte, member.end_byte, b""),)


def _conjuncts(start: int, match: re.Match[bytes]) -> Found:
    condition = match["condition"]
    depth = 0
    for at, byte in enumerate(condition):
        depth += (byte == 40) - (byte == 41)  # parentheses
        if depth < 0:  # the statement is part of another
            condition = condition[:at]
            break
    cuts = [m.span() for m in _AND.finditer(condition)]
    edges = [0, *(edge for cut in cuts for edge in cut), len(condition)]
    parts = list(zip(edges[::2], edges[1::2], strict=True))
    offset = start + match.start("condition")
    for number, (begin, end) in enumerate(parts):
        text = condition[begin:end].strip()
        is_name = number == 0 and re.search(rb"[^<>!]=[^=]", b" " + text + b" ") is not None
        if not text or is_name or b" or " in text.lower() or b" between " in text.lower():
            continue
        edit = (offset + begin, offset + end, b" TRUE" if number == 0 else b"TRUE")
        yield offset + begin, text.decode("utf-8", "replace"), (edit,)


def _row_locks(node: Node) -> Found:
    """`FOR UPDATE` and its like."""
    if node.type in ("string", "template_string"):
        for match in _ROW_LOCK.finditer(_bytes(node)):
            start = node.start_byte + match.start()
            yield start, _words(match[0]), ((start, node.start_byte + match.end(), b""),)


def _unique_checks(node: Node) -> Found:
    """`ON CONFLICT`, and flags by which something is made only when it is not there."""
    if node.type in ("string", "template_string"):
        text = _bytes(node)[:-1]
        for match in _ON_CONFLICT.finditer(text):
            start = node.start_byte + match.start()
            yield start, _words(match[0]), ((start, node.start_byte + match.end(), b""),)
        what = _EXCLUSIVE.get(_bytes(node)[1:-1])
        before = node.prev_named_sibling
        if what and before is not None and node.parent is not None and node.parent.type == "arguments":
            yield node.start_byte, what, ((before.end_byte, node.end_byte, b""),)
        return
    if node.type == "pair" and _text(node) in ("NX: true", "flag: 'wx'", 'flag: "wx"'):
        after = node.next_sibling
        end = after.end_byte if after is not None and after.type == "," else node.end_byte
        yield node.start_byte, _text(node), ((node.start_byte, end, b""),)


def _releases(node: Node) -> Found:
    """`finally`: what is in it runs only when nothing was thrown or returned before."""
    if node.type != "try_statement":
        return
    finalizer = node.child_by_field_name("finalizer")
    body = node.child_by_field_name("body")
    if finalizer is None or body is None:
        return
    block = finalizer.child_by_field_name("body") or finalizer.named_children[-1]
    if node.child_by_field_name("handler") is not None:
        yield finalizer.start_byte, "finally", ((finalizer.start_byte, block.start_byte, b""),)
    else:
        edits = ((node.start_byte, body.start_byte, b""), (finalizer.start_byte, block.start_byte, b""))
        yield finalizer.start_byte, "finally", edits


OPERATORS: Final[Mapping[str, Callable[[Node], Found]]] = {
    "lock": _locks,
    "await": _awaits,
    "transaction": _transactions,
    "where": _conditions,
    "for-update": _row_locks,
    "unique": _unique_checks,
    "release": _releases,
}
"""What each takes away is in the first line of its documentation."""


def _call(node: Node) -> tuple[Node | None, list[Node]]:
    """What is called, and with which arguments."""
    if node.type != "call_expression":
        return None, []
    arguments = node.child_by_field_name("arguments")
    named = [one for one in arguments.named_children if one.type != "comment"] if arguments else []
    return node.child_by_field_name("function"), named


def _property(callee: Node) -> str:
    own = callee.child_by_field_name("property") if callee.type == "member_expression" else callee
    return _text(own) if own is not None else ""


def _pairs(node: Node) -> Iterator[tuple[str, Node]]:
    for pair in node.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and value is not None:
            yield _text(key), value


def _above(node: Node) -> Iterator[Node]:
    """What a node lies in, up to its function."""
    current = node.parent
    while current is not None and current.type not in _FUNCTIONS and not current.type.endswith("_declaration"):
        if current.type == "method_definition":
            return
        yield current
        current = current.parent


def _short(node: Node) -> str:
    text = " ".join(_text(node).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _words(text: bytes) -> str:
    return " ".join(text.decode("utf-8", "replace").split())


def mutants(text: str, path: str, operators: Sequence[str] = tuple(OPERATORS)) -> list[Mutant]:
    """The mutants of a file, in its order; none of a file that is not understood. Each of them parses."""
    syntax = parse(text, path)
    if not isinstance(syntax, Syntax) or syntax.root.has_error:
        return []
    lines = Lines(syntax.source)
    found: dict[Edits, Mutant] = {}
    for node in _nodes(syntax.root):
        for operator in operators:
            for place, what, edits in OPERATORS[operator](node):
                mutant = Mutant(operator, path, lines.line(place), what, edits)
                changed = parse(applied(text, mutant), path)
                if isinstance(changed, Syntax) and not changed.root.has_error:
                    found.setdefault(edits, mutant)
    return list(found.values())


def applied(text: str, mutant: Mutant) -> str:
    """The text with a mutant in it."""
    source = text.encode("utf-8", "replace")
    out, at = [], 0
    for start, end, new in mutant.edits:
        out += [source[at:start], new]
        at = end
    return b"".join([*out, source[at:]]).decode("utf-8", "replace")


def in_turn(found: Sequence[Mutant], seed: int) -> list[Mutant]:
    """The mutants shuffled, operators taking turns, so that the first of them are of every kind."""
    chance = random.Random(seed)
    groups: dict[str, list[Mutant]] = {}
    for mutant in found:
        groups.setdefault(mutant.operator, []).append(mutant)
    for group in groups.values():
        chance.shuffle(group)
    turns = [
        (turn, number, mutant) for number, group in enumerate(groups.values()) for turn, mutant in enumerate(group)
    ]
    return [mutant for _, _, mutant in sorted(turns, key=lambda one: one[:2])]


def mutate(
    files: Sequence[SourceFile],
    options: Options,
    operators: Sequence[str] = tuple(OPERATORS),
    *,
    limit: int | None = None,
    time_limit_s: float | None = None,
    seed: int = 0,
    progress: Callable[[int, int, Mutant], None] = lambda done, total, mutant: None,
) -> Mutation:
    """Verifies the program with one mutant at a time, for as long as the limits allow; equal seeds, equal mutants."""
    end = None if time_limit_s is None else time.monotonic() + time_limit_s
    texts = {file.path: text_of(file) for file in files}
    found = in_turn([one for path, text in texts.items() for one in mutants(text, path, operators)], seed)
    session = Session(options)
    before = session.verify(files)
    known, seen = _findings(before), _explored(before)
    tried: list[Tried] = []
    chosen = found if limit is None else found[:limit]
    why = "" if len(chosen) == len(found) else f"--limit {limit}"
    for number, mutant in enumerate(chosen):
        if end is not None and time.monotonic() > end:
            why = f"--time-limit {time_limit_s:g}"
            break
        progress(number, len(chosen), mutant)
        text = applied(texts[mutant.path], mutant)
        changed = [replace(file, text=text, stamp=None) if file.path == mutant.path else file for file in files]
        report = session.verify(changed)
        new = _findings(report) - known
        rules = tuple(sorted({rule for rule, _, _ in new}))
        outcome: Outcome = "detected" if rules else "unseen" if _explored(report) == seen else "survived"
        tried.append(Tried(mutant, outcome, rules))
    order = {mutant: number for number, mutant in enumerate(sorted(chosen, key=lambda m: (m.path, m.line, m.operator)))}
    return Mutation(tuple(sorted(tried, key=lambda one: order[one.mutant])), len(found), why)


def _findings(report: Report) -> Counter[tuple[str, str, str]]:
    """How often a rule is broken in a function."""
    grave = (one for one in report.findings if one.severity in ("error", "warning"))
    return Counter((one.rule, one.file, one.function) for one in grave)


def _explored(report: Report) -> tuple[object, ...]:
    """What was explored, by which two verifications are told apart; lines may have moved."""
    entries = sorted((one.file, one.name, one.acts, one.states, one.traces) for one in report.entry_points)
    notes = sorted((note.file, note.kind, re.sub(r"\d+", "", note.message)) for note in report.notes)
    return report.summary.states, report.summary.traces, entries, notes, sorted(_findings(report).items())
