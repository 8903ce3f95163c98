"""Recipes for what happens in the wrong order: what was looked at is gone, work outlives its flag, a release is one
too many, a value is taken before its turn comes.

Each changes when something is looked at, taken or given back, and nothing of what is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._keys import declared, names_in
from krepis.twin.fixes._source import (
    BLOCKS,
    FUNCTIONS,
    Code,
    Draft,
    above,
    awaits,
    body_of,
    function_of,
    is_guard,
    statements,
    unwrapped,
    walk,
    within,
)
from tree_sitter import Node

_LOOKED_UP = re.compile(r"(?:const|let) (\w+)(?:: [^=]+)? = ((?:this\.)?[\w.#]+)\.get\(([\w.]+)\)!?;?")
_ENTRIES = re.compile(
    r"for \((?:const|let) \[(\w+), (\w+)\] of (?:\[\.\.\.)?((?:this\.)?[\w.#]+?)(?:\.entries\(\))?\]?\)"
)
_CHANGES = re.compile(r"\.(?:delete|add|set|push|pop|shift|splice|clear)\(|\+\+|--|[^=!<>]=[^=>]")


# ---------------------------------------------------------------------- is it still the one


def still_the_one(case: Case) -> Iterator[Draft]:
    """Go on only with what is still there: look it up again, and check again, before acting on it."""
    code, act = case.code, case.act.statement
    function = function_of(act)
    if function is None:
        return
    inner = body_of(function)
    called_back = function.parent is not None and function.parent.type == "arguments"
    outer = function_of(function) if called_back else None
    for block in above(act):
        if block.type in FUNCTIONS:
            break
        if block.type in BLOCKS:
            body = statements(block)
            at = next((i for i, n in enumerate(body) if within(act, n)), None)
            waits = [n for n in body[:at] if awaits(n)]
            if waits and code.alone(waits[-1]):
                yield from _looked_at_again(code, block, waits[-1], waits[-1].start_byte)
    if outer is not None and inner is not None and statements(inner) and code.alone(statements(inner)[0]):
        yield from _looked_at_again(code, function, statements(inner)[0], function.start_byte)


def _looked_at_again(code: Code, inside: Node, place: Node, before: int) -> Iterator[Draft]:
    """Checks of what was looked up before an offset: after `place`, or above it where that comes later."""
    scope = list(above(inside))
    seen = [n for s in scope if s.type in BLOCKS for n in statements(s) if n.end_byte <= before and not awaits(n)]
    tests = [f"{m[2]}.get({m[3]}) !== {m[1]}" for n in seen if (m := _LOOKED_UP.fullmatch(code.of(n)))]
    loops = [m for s in scope if s.type == "for_in_statement" and (m := _ENTRIES.match(code.of(s)))]
    tests += [f"{m[3]}.get({m[1]}) !== {m[2]}" for m in loops]
    stop = "continue" if inside.parent is not None and inside.parent.type == "for_in_statement" else "return"
    for test in tests:
        guards = [n for n in seen if is_guard(n) and not _CHANGES.search(_condition(code, n))]
        also = [_condition(code, n) for n in guards if names_in(code, n) & set(re.findall(r"\w+", test))]
        for condition in dict.fromkeys((" || ".join([test, *also]), test)):
            draft = Draft("still-there", "Go on only with what is still there, and as it was")
            line = f"if ({condition}) {stop}{code.semi}"
            if place.start_byte >= before and place.start_byte > inside.start_byte and not awaits(place):
                draft.lines_before(code, place, line)
            else:
                draft.lines_after(code, place, line)
            yield draft


def _condition(code: Code, guard: Node) -> str:
    condition = guard.child_by_field_name("condition")
    return code.of(unwrapped(condition)) if condition is not None else ""


# ---------------------------------------------------------------------- give back once, and not too early


def release_once(case: Case) -> Iterator[Draft]:
    """Give back in `finally` alone what `catch` gives back too."""
    code = case.act.code
    for attempt in above(case.act.statement):
        handler, final = (attempt.child_by_field_name(name) for name in ("handler", "finalizer"))
        if attempt.type != "try_statement" or handler is None or final is None:
            continue
        given = {_callee(code, n) for n in walk(final, False)} - {""}
        for n in walk(handler, False):
            if n.type == "expression_statement" and code.alone(n) and _callee(code, n.named_children[0]) in given:
                draft = Draft("release-once", "Give it back in finally alone")
                draft.remove(code, n)
                yield draft


def _callee(code: Code, node: Node) -> str:
    """`client.release` of a call of it."""
    function = node.child_by_field_name("function") if node.type == "call_expression" else None
    return code.of(function) if function is not None else ""


def free_when_done(case: Case) -> Iterator[Draft]:
    """Free a flag when the work is done, not when `Promise.race` gives up waiting for it."""
    for code in dict.fromkeys((case.code, case.act.code)):
        for attempt in walk(code.root):
            body, final = (attempt.child_by_field_name(name) for name in ("body", "finalizer"))
            if attempt.type != "try_statement" or body is None or final is None or not code.alone(attempt):
                continue
            raced = next((n for n in walk(body, False) if _callee(code, n) == "Promise.race"), None)
            block = final.child_by_field_name("body")
            if raced is None or block is None or attempt.child_by_field_name("handler") is not None:
                continue
            work = next((n for n in walk(raced, False) if n.type == "array"), None)
            first = work.named_children[0] if work is not None and work.named_children else None
            if first is None or awaits(block) or len(statements(block)) != 1:
                continue
            draft = Draft("free-when-done", "Free it when the work is done, not when waiting for it ends")
            freed = code.of(statements(block)[0])
            text = [code.data[s.start_byte : s.end_byte].decode() for s in statements(body)]
            pad, deeper = code.indent(attempt), code.indent(statements(body)[0])
            kept = f"{code.eol}{pad}".join(t.replace(f"\n{deeper}", f"\n{pad}") for t in text)
            done = f"{code.of(first)}.finally(() => {{ {freed} }})"
            draft.replace(code, attempt, kept.replace(code.of(first), done, 1))
            yield draft


# ---------------------------------------------------------------------- when its turn comes


def read_in_turn(case: Case) -> Iterator[Draft]:
    """Read where it is used, in the callback that runs when its turn comes, not when that is handed over."""
    code, read = case.code, case.read
    function = function_of(case.act.statement)
    body = body_of(function) if function is not None else None
    if read is None or read.code is not code or function is None or body is None or within(read.node, function):
        return
    names = set(declared(code, read.statement))
    outer = function_of(function)
    if not names or outer is None or not code.alone(read.statement) or awaits(read.statement):
        return
    uses = [n for n in walk(outer) if n.type in _NAMES and code.of(n) in names and not within(n, read.statement)]
    inner = statements(body)
    first = next((n for n in inner if any(within(use, n) for use in uses)), None)
    if first is None or any(not within(use, function) for use in uses) or not code.alone(first):
        return
    draft = Draft("read-in-turn", "Read when the turn has come")
    draft.remove(code, read.statement)
    draft.lines_before(
        code, first, *code.of(read.statement).replace(f"\n{code.indent(read.statement)}", "\n").split("\n")
    )
    yield draft


_NAMES = frozenset({"identifier", "shorthand_property_identifier"})
