"""Recipes that let the store say who was first: a state in the condition of an update, a key that has to be new.

What was checked in a row goes into the condition of the update that changes it, and what the update says of its rows
decides; what was looked for under a key is set only if nothing is there. Where that can be told before the work that
comes between is done, it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._keys import declared, names_in
from krepis.twin.fixes._source import Code, Draft, is_guard, statements, unwrapped, walk
from tree_sitter import Node

_WHERE = re.compile(r"\bSELECT\b.*\bWHERE\b(?P<where>.*)", re.I | re.S)
_EQUAL = re.compile(r"\b(\w+)\s*=\s*'(\w+)'")
_UPDATE = re.compile(r".\s*UPDATE\b.*?\bSET\b(?P<set>.*)\bWHERE\b", re.I | re.S)


@dataclass(frozen=True, eq=False)
class _State:
    """A guard before the act: whoever acts relies on `column` being `value`, an expression, or null."""

    guard: Node
    column: str
    value: str


# ---------------------------------------------------------------------- the state of a row


def compare_and_set(case: Case) -> Iterator[Draft]:
    """Update the row only if it is still in the state that was checked, and go on only if it was."""
    block = case.act.statement.parent
    for statement in statements(block) if block is not None else ():
        call = next((n for n in walk(statement, False) if n.type == "call_expression"), None)
        if statement.type == "expression_statement" and call is not None and case.act.code.alone(statement):
            yield from _compared(case.act.code, statement, call)


def _compared(code: Code, statement: Node, call: Node) -> Iterator[Draft]:
    """An update with the state that was checked before it in its condition."""
    for state in _states(code, statement):
        lines = _sql(code, call, state) or _object(code, call, state) or _chain(code, call, state)
        if lines is None or not code.alone(state.guard):
            continue
        update, lost = lines
        outcome = state.guard.child_by_field_name("consequence")
        assert outcome is not None
        told = code.of(outcome).replace(f"\n{code.indent(state.guard)}", "\n").splitlines()
        update = [*update, f"if ({lost}) {told[0]}", *told[1:]]
        block = statement.parent
        body = statements(block) if block is not None else []
        between = body[body.index(state.guard) + 1 : body.index(statement)]
        used = names_in(code, statement)
        for early in (True, False):
            if early and (not between or used & {x for n in between for x in declared(code, n)}):
                continue
            draft = Draft("compare-and-set", f"Change the row only if its {state.column} is what was checked")
            draft.remove(code, statement)
            draft.lines_after(code, state.guard if early or not between else between[-1], *update)
            yield draft


def _states(code: Code, statement: Node) -> Iterator[_State]:
    block = statement.parent
    before = [s for s in statements(block) if s.end_byte <= statement.start_byte] if block is not None else []
    for guard in reversed([n for n in before if is_guard(n)]):
        condition = guard.child_by_field_name("condition")
        text = code.of(unwrapped(condition)) if condition is not None else ""
        for part in text.split("||"):
            if found := re.fullmatch(r"\s*\w+[?!]?\.(\w+) !==? ('\w+'|\"\w+\"|true|false|\d+)\s*", part):
                yield _State(guard, found[1], found[2])
            elif found := re.fullmatch(r"\s*\w+[?!]?\.(\w+)(?: !==? null)?\s*", part):
                yield _State(guard, found[1], "null")
                yield _State(guard, found[1], "false")
        if re.fullmatch(r"!\w+|\w+\.length === 0|\w+ === (?:undefined|null)", text):
            for n in (n for s in before if s.start_byte < guard.start_byte for n in walk(s)):
                where = _WHERE.search(code.of(n)) if n.type in ("string", "template_string") else None
                for column, value in _EQUAL.findall(where["where"]) if where is not None else ():
                    yield _State(guard, column, f"{code.quote}{value}{code.quote}")


def _sql(code: Code, call: Node, state: _State) -> tuple[list[str], str] | None:
    """`query('UPDATE t SET state = $2 WHERE id = $1', [...])`: its rows are counted."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    if function is None or not given or given[0].type not in ("string", "template_string"):
        return None
    text = code.of(given[0])
    parts = _UPDATE.match(text)
    if parts is None or re.search(rf"\b{state.column}\s*=", parts["set"]) is None or "RETURNING" in text:
        return None
    values = code.of(given[1]) if len(given) > 1 and given[1].type == "array" else "[]"
    test = f"{state.column} IS NULL"
    if state.value == "false":
        test = f"{state.column} = false"
    elif state.value != "null":
        asked = len(given[1].named_children) if len(given) > 1 else 0
        test = f"{state.column} = {'?' if '?' in text else f'${asked + 1}'}"
        values = f"{values[:-1].rstrip()}{', ' if asked else ''}{state.value}]"
    sql = f"{text[:-1].rstrip()} AND {test}{text[-1]}"
    count = code.free_variable("rowCount", "changed")
    bound = "rowCount" if count == "rowCount" else f"rowCount: {count}"
    rest = f", {values}" if values != "[]" else ""
    return [f"const {{ {bound} }} = await {code.of(function)}({sql}{rest}){code.semi}"], f"{count} === 0"


def _object(code: Code, call: Node, state: _State) -> tuple[list[str], str] | None:
    """Prisma, TypeORM and Mongoose: the condition is an object."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    called = re.fullmatch(r"(.+)\.(update|updateOne)", code.of(function), re.S) if function is not None else None
    if called is None or not given or f"{state.column}:" not in code.of(given[-1]):
        return None
    more = f"{state.column}: {state.value}"
    if len(given) == 1:  # Prisma
        options = {code.of(k): v for p in given[0].named_children if (k := p.child_by_field_name("key"))
                   and (v := p.child_by_field_name("value"))}  # fmt: skip
        where, data = options.get("where"), options.get("data")
        if where is None or data is None or where.type != "object" or re.search(r"\w+_\w+:", code.of(where)):
            return None
        inner = code.of(where)[1:-1].strip().rstrip(",")
        count = code.free_variable("count", "changed")
        bound = "count" if count == "count" else f"count: {count}"
        written = code.of(data).replace(f"\n{code.indent(call)}", "\n").splitlines()
        return [
            f"const {{ {bound} }} = await {called[1]}.updateMany({{",
            f"{code.unit}where: {{ {inner}, {more} }},",
            f"{code.unit}data: {written[0]}{',' if len(written) == 1 else ''}",
            *(f"{line}{',' if n == len(written) - 2 else ''}" for n, line in enumerate(written[1:])),
            f"}}){code.semi}",
        ], f"{count} === 0"
    if len(given) != 2 or state.value == "null":
        return None
    key = code.of(given[0])
    condition = f"{key[:-1].rstrip()}, {more} }}" if given[0].type == "object" else f"{{ id: {key}, {more} }}"
    name = "affected" if called[2] == "update" else "modifiedCount"
    count = code.free_variable(name, "changed")
    bound = name if count == name else f"{name}: {count}"
    made = f"await {called[1]}.{called[2]}({condition}, {code.of(given[1])})"
    return f"const {{ {bound} }} = {made}{code.semi}".replace(f"\n{code.indent(call)}", "\n").split("\n"), f"!{count}"


def _chain(code: Code, call: Node, state: _State) -> tuple[list[str], str] | None:
    """knex: `knex('jobs').where({ id }).update({ state: 'running' })` gives the number of rows."""
    found = re.fullmatch(r"(.+)(\s*\.update\(\{.*\}\))", code.of(call), re.S)
    if found is None or ".where" not in found[1] or f"{state.column}:" not in found[2]:
        return None
    q, count = code.quote, code.free_variable("changed", "updated")
    test = f".where({{ {state.column}: {state.value} }})"
    if state.value == "null":
        test = f".whereNull({q}{state.column}{q})"
    made = f"const {count} = await {found[1]}{test}{found[2]}{code.semi}"
    return made.replace(f"\n{code.indent(call)}", "\n").split("\n"), f"{count} === 0"


# ---------------------------------------------------------------------- a key that has to be new


def set_if_new(case: Case) -> Iterator[Draft]:
    """Set the key of Redis only if it is new (`NX`), instead of looking for it before."""
    code, statement = case.act.code, case.act.statement
    block = statement.parent
    written = next((n for n in walk(statement, False) if n.type == "call_expression" and _sets(code, n)), None)
    if written is None or block is None or statement.type != "expression_statement" or not code.alone(statement):
        return
    function, arguments = written.child_by_field_name("function"), written.child_by_field_name("arguments")
    assert function is not None and arguments is not None
    client, given = code.of(function).rsplit(".", 1)[0], arguments.named_children
    key, body = code.of(given[0]), statements(block)
    looks = rf"await {re.escape(client)}\.(?:get|exists)\({re.escape(key)}\)"
    for n in body[: body.index(statement)]:
        read = re.fullmatch(rf"(?:const|let) (\w+)(?:: [^=]+)? = {looks};?", code.of(n))
        after = body[body.index(n) + 1] if read is not None else n
        condition = after.child_by_field_name("condition") if is_guard(after) else None
        outcome = after.child_by_field_name("consequence")
        if condition is None or outcome is None or not (code.alone(n) and code.alone(after)):
            continue
        found = read[1] if read is not None else rf"\(?{looks}\)?"
        if not re.fullmatch(rf"\({found}(?: !==? (?:null|0)| === 1| > 0)?\)", code.of(condition)):
            continue
        between = body[body.index(after) + 1 : body.index(statement)]
        told = code.of(outcome).replace(f"\n{code.indent(after)}", "\n").splitlines()
        added = code.free_variable("added", "isNew")
        for more in _nx(code, arguments):
            call = f"const {added} = await {client}.set({more}){code.semi}"
            plain = read is None or not re.search(rf"\b{read[1]}\b", code.of(outcome))
            known = not names_in(code, statement) & {x for s in between for x in declared(code, s)}
            for early in (True, False):
                if early and not (plain and known):
                    continue
                draft = Draft("set-if-new", "Set the key only if it is new: NX")
                lines = [call, f"if ({added} === null) {told[0]}", *told[1:]]
                if early:
                    for gone in dict.fromkeys((n, after)):
                        draft.remove(code, gone)
                    _undone(draft, code, between, f"await {client}.del({key})")
                    draft.lines_before(code, n, *lines)
                elif plain:
                    draft.lines_before(code, statement, *lines)
                else:
                    continue
                draft.remove(code, statement)
                yield draft


def _undone(draft: Draft, code: Code, between: list[Node], back: str) -> None:
    """What comes between in a `try` whose `catch` takes the claim back, where nothing of it is used later."""
    if not between or any(declared(code, n) for n in between) or not all(map(code.alone, between)):
        return
    pad = code.indent(between[0])
    draft.lines_before(code, between[0], "try {")
    draft.shift(code, between[0], between[-1])
    lines = ["} catch (error) {", f"{code.unit}{back}{code.semi}", f"{code.unit}throw error{code.semi}", "}"]
    draft.insert(code, code.end_of_line(between[-1]), "".join(f"{pad}{line}{code.eol}" for line in lines))


def _sets(code: Code, call: Node) -> bool:
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    return (
        function is not None
        and arguments is not None
        and code.of(function).endswith(".set")
        and len(arguments.named_children) > 1
        and "NX" not in code.of(arguments)
    )


def _nx(code: Code, arguments: Node) -> Iterator[str]:
    """The arguments of `set` with NX, as ioredis and as the client of Redis have them."""
    given = [code.of(n) for n in arguments.named_children]
    if arguments.named_children[-1].type == "object":
        yield ", ".join([*given[:-1], f"{given[-1][:-1].rstrip()}, NX: true }}"])
        return
    yield ", ".join([*given, f"{code.quote}NX{code.quote}"])
    if len(given) == 2:
        yield ", ".join([*given, "{ NX: true }"])
