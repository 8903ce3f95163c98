"""Recipes that leave the arithmetic, and the check before it, to the database.

A value that is read, changed by an amount and written back becomes a relative update; where a check of the value
stands before it, the check goes into the update's condition, and how many rows it changed decides. That happens
where the check was: before anything is done that could not be undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._keys import declared
from krepis.twin.fixes._source import (
    Code,
    Draft,
    function_of,
    is_guard,
    statements,
    unwrapped,
    walk,
)
from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class _Change:
    """`column` is changed by `amount` (its text) up ("+") or down ("-")."""

    column: str
    sign: str
    amount: str

    @property
    def verb(self) -> str:
        return "increment" if self.sign == "+" else "decrement"


@dataclass(frozen=True, eq=False)
class _Check:
    """A guard that compares the column: `least` is what the column has to be at least for the update to be made."""

    guard: Node
    least: str
    whole: bool


Edit = Callable[[Draft, _Check | None], None]
"""Writes a change, with a check in its condition."""


def relative_update(case: Case) -> Iterator[Draft]:
    """Let the database add or subtract in one statement, on the condition that was checked before."""
    code, statement = case.act.code, case.act.statement
    for call in _calls(statement):
        for change, edit in (
            *_prisma(code, call),
            *_sql(code, call),
            *_builders(code, call),
            *_drizzle(code, call),
            *_sequelize(code, call),
        ):
            if _used_after(code, call, statement):
                continue
            check = _check_of(code, statement, change)
            if check is None:
                draft = Draft("relative-update", f"Let the database {change.verb} {change.column}")
                edit(draft, None)
                yield draft
            elif statement.type == "expression_statement" and code.alone(statement) and code.alone(check.guard):
                title = f"Let the database check and {change.verb} {change.column} in one step"
                draft = Draft("conditional-update", title)
                edit(draft, check)
                yield draft


def _calls(statement: Node) -> Iterator[Node]:
    return (n for n in walk(statement, False) if n.type == "call_expression")


# ---------------------------------------------------------------------- what the code computes


def _change(code: Code, value: Node | None, column: str, at: Node) -> _Change | None:
    """The change of a column that an expression computes from what was read."""
    if value is None:
        return None
    value = unwrapped(_resolved(code, unwrapped(value), at))
    if value.type != "binary_expression":
        return None
    left, right = value.child_by_field_name("left"), value.child_by_field_name("right")
    sign = value.child_by_field_name("operator")
    if left is None or right is None or sign is None or code.of(sign) not in ("+", "-"):
        return None
    if _reads(code, left, column, at) and not _reads(code, right, column, at):
        return _Change(column, code.of(sign), code.of(right))
    if code.of(sign) == "+" and _reads(code, right, column, at) and not _reads(code, left, column, at):
        return _Change(column, "+", code.of(left))
    return None


def _reads(code: Code, node: Node, column: str, at: Node) -> bool:
    """Whether an expression is the value of a column as it was read."""
    node = _resolved(code, unwrapped(node), at)
    if node.type == "binary_expression" and code.of(node).find("??") < 0:
        return False
    return re.search(rf"[.?]\s*{re.escape(column)}\b(?!\s*\()", code.of(node)) is not None


def _resolved(code: Code, node: Node, at: Node) -> Node:
    """What a constant of the same function stands for."""
    function = function_of(at)
    if node.type != "identifier" or function is None:
        return node
    for n in walk(function):
        if n.type == "variable_declarator" and n.end_byte <= at.start_byte:
            name, value = n.child_by_field_name("name"), n.child_by_field_name("value")
            if name is not None and value is not None and code.of(name) == code.of(node):
                return value
    return node


def _check_of(code: Code, statement: Node, change: _Change) -> _Check | None:
    """The guard before the act, in its block, that compares the column."""
    block = statement.parent
    if block is None:
        return None
    for n in reversed([s for s in statements(block) if s.end_byte <= statement.start_byte]):
        condition = n.child_by_field_name("condition") if is_guard(n) else None
        if condition is None:
            continue
        parts = _disjuncts(unwrapped(condition))
        for part in parts:
            left, right = part.child_by_field_name("left"), part.child_by_field_name("right")
            sign = part.child_by_field_name("operator")
            if part.type != "binary_expression" or left is None or right is None or sign is None:
                continue
            if change.sign != "-" or not _reads(code, left, change.column, statement):
                continue
            if code.of(sign) == "<" or (code.of(sign) == "<=" and code.of(right) == "0"):
                least = code.of(right) if code.of(sign) == "<" else change.amount
                return _Check(n, least, len(parts) == 1)
    return None


def _disjuncts(node: Node) -> list[Node]:
    sign = node.child_by_field_name("operator")
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if node.type == "binary_expression" and sign is not None and sign.type == "||" and left and right:
        return [*_disjuncts(unwrapped(left)), *_disjuncts(unwrapped(right))]
    return [node]


def _used_after(code: Code, call: Node, statement: Node) -> bool:
    """Whether a value that was computed for the update alone is used after it, where it would be stale."""
    function, arguments = function_of(statement), call.child_by_field_name("arguments")
    if function is None or arguments is None:
        return False
    written = {code.of(n) for n in walk(arguments) if n.type in ("identifier", "shorthand_property_identifier")}
    computed = {
        code.of(name)
        for n in walk(function)
        if n.type == "variable_declarator"
        and (name := n.child_by_field_name("name")) is not None
        and (value := n.child_by_field_name("value")) is not None
        and value.type == "binary_expression"
        and code.of(name) in written
    }
    later = (n for n in walk(function) if n.start_byte >= statement.end_byte and n.type == "identifier")
    return any(code.of(n) in computed for n in later)


# ---------------------------------------------------------------------- how each library says it


def _place(draft: Draft, code: Code, statement: Node, check: _Check, update: list[str], lost: str) -> None:
    """Put a conditional update where the check is, and what the check did where the update changes nothing."""
    consequence = check.guard.child_by_field_name("consequence")
    assert consequence is not None
    body = code.of(consequence).replace(f"\n{code.indent(check.guard)}", "\n").splitlines()
    lines = [*update, f"if ({lost}) {body[0]}", *body[1:]]
    if check.whole:
        draft.remove(code, check.guard)
        draft.lines_before(code, check.guard, *lines)
    else:
        draft.lines_after(code, check.guard, *lines)
    draft.remove(code, statement)


def _prisma(code: Code, call: Node) -> Iterator[tuple[_Change, Edit]]:
    """`update({ where, data: { stock: product.stock - 1 } })`."""
    function, options = call.child_by_field_name("function"), _argument(call, 0)
    if function is None or options is None or not code.of(function).endswith((".update", ".updateMany")):
        return
    where, data = _pair(code, options, "where"), _pair(code, options, "data")
    if where is None or data is None:
        return
    for pair in data.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is None and pair.type == "shorthand_property_identifier":
            key = value = pair
        change = _change(code, value, code.of(key), call) if key is not None else None
        if change is None or value is None:
            continue

        def edit(
            draft: Draft,
            check: _Check | None,
            change: _Change = change,
            value: Node = value,
            where: Node = where,
            data: Node = data,
        ) -> None:
            text = f"{{ {change.verb}: {change.amount} }}"
            if check is None:
                shorthand = value.type == "shorthand_property_identifier"
                draft.replace(code, value, f"{change.column}: {text}" if shorthand else text)
                return
            count = code.free_variable("count", "changed")
            bound = "count" if count == "count" else f"count: {count}"
            condition = f"{change.column}: {{ gte: {check.least} }}"
            inner = code.of(where)[1:-1].strip().rstrip(",")
            before, after = code.data[data.start_byte : value.start_byte], code.data[value.end_byte : data.end_byte]
            written = f"{before.decode()}{text}{after.decode()}".replace(f"\n{code.indent(call)}", "\n").splitlines()
            receiver = code.of(function).rsplit(".", 1)[0]
            unit = code.unit
            update = [
                f"const {{ {bound} }} = await {receiver}.updateMany({{",
                f"{unit}where: {{ {inner}, {condition} }},",
                *_hung(unit, "data: ", written),
                f"}}){code.semi}",
            ]
            statement = _statement(call)
            _place(draft, code, statement, check, update, f"{count} === 0")

        unique = re.search(r"\w+_\w+:", code.of(where))  # updateMany takes no compound key
        if unique is None or _check_of(code, _statement(call), change) is None:
            yield change, edit


def _hung(unit: str, name: str, lines: list[str]) -> list[str]:
    """Lines of a property of an object."""
    if len(lines) == 1:
        return [f"{unit}{name}{lines[0]},"]
    return [f"{unit}{name}{lines[0]}", *lines[1:-1], f"{lines[-1]},"]


_SET = re.compile(r"\bSET\b(?P<set>.*?)\bWHERE\b(?P<where>.*)", re.I | re.S)


def _sql(code: Code, call: Node) -> Iterator[tuple[_Change, Edit]]:
    """`query('UPDATE t SET c = $2 WHERE id = $1', [id, rest])`."""
    sql, values = _argument(call, 0), _argument(call, 1)
    if sql is None or values is None or sql.type not in ("string", "template_string") or values.type != "array":
        return
    text = code.of(sql)
    parts = _SET.search(text)
    if parts is None or not re.match(r".\s*UPDATE\b", text, re.I):
        return
    given = values.named_children
    for found in re.finditer(r"(\w+)\s*=\s*(\$(\d+)|\?)", parts["set"]):
        at = parts.start("set") + found.start(2)
        number = int(found[3]) - 1 if found[3] else text[:at].count("?")
        if not 0 <= number < len(given) or (found[3] and text.count(found[2]) > 1):
            continue
        change = _change(code, given[number], found[1], call)
        if change is None:
            continue

        def edit(
            draft: Draft, check: _Check | None, change: _Change = change, at: int = at, node: Node = given[number]
        ) -> None:
            mark = text[at : at + 1] if text[at] == "?" else re.match(r"\$\d+", text[at:])[0]  # type: ignore[index]
            new = f"{text[:at]}{change.column} {change.sign} {text[at:]}"
            array = code.of(values)
            start, end = node.start_byte - values.start_byte, node.end_byte - values.start_byte
            raw = array.encode()
            bound = (raw[:start] + change.amount.encode() + raw[end:]).decode()
            if check is None:
                draft.replace(code, sql, new)
                draft.replace(code, values, bound)
                return
            if mark == "?":
                bound = f"{bound[:-1].rstrip()}, {check.least}]"
                limit = "?"
            elif check.least == change.amount:
                limit = mark
            else:
                bound = f"{bound[:-1].rstrip()}, {check.least}]"
                limit = f"${len(given) + 1}"
            new = f"{new[:-1].rstrip()} AND {change.column} >= {limit}{new[-1]}"
            receiver = call.child_by_field_name("function")
            assert receiver is not None
            count = code.free_variable("rowCount", "changed")
            name = "rowCount" if count == "rowCount" else f"rowCount: {count}"
            update = [f"const {{ {name} }} = await {code.of(receiver)}({new}, {bound}){code.semi}"]
            _place(draft, code, _statement(call), check, update, f"{count} === 0")

        if "mysql" not in code.text or _check_of(code, _statement(call), change) is None:
            yield change, edit


def _builders(code: Code, call: Node) -> Iterator[tuple[_Change, Edit]]:
    """knex, TypeORM and Mongoose: an object of values among the arguments of `update`."""
    function, arguments = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    prop = function.child_by_field_name("property") if function is not None else None
    if function is None or prop is None or arguments is None or not arguments.named_children:
        return
    name, last = code.of(prop), arguments.named_children[-1]
    inner = _pair(code, last, "$set") or last
    if name not in ("update", "updateOne", "findOneAndUpdate", "findByIdAndUpdate") or inner.type != "object":
        return
    if len(inner.named_children) != 1:
        return
    (pair,) = inner.named_children
    key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
    if pair.type == "shorthand_property_identifier":
        key = value = pair
    change = _change(code, value, code.of(key), call) if key is not None else None
    if change is None:
        return
    target = function.child_by_field_name("object")

    def edit(draft: Draft, check: _Check | None) -> None:
        q = code.quote
        if name != "update":  # Mongoose and MongoDB
            amount = change.amount if change.sign == "+" else f"-{_grouped(change.amount)}"
            text = f"{{ $inc: {{ {change.column}: {amount} }} }}"
        elif len(arguments.named_children) == 2:  # a TypeORM repository
            draft.replace(code, prop, change.verb)
            text = f"{q}{change.column}{q}, {change.amount}"
        else:  # knex
            draft.replace(code, prop, change.verb)
            text = f"{q}{change.column}{q}, {change.amount}"
        draft.replace(code, last, text)
        if check is None:
            return
        draft.parts.clear()
        assert target is not None
        count = code.free_variable("changed", "updated")
        condition = f".where({q}{change.column}{q}, {q}>={q}, {check.least})"
        update = f"const {count} = await {code.of(target)}{condition}.{change.verb}({text}){code.semi}"
        _place(draft, code, _statement(call), check, [update], f"{count} === 0")

    knex = name == "update" and len(arguments.named_children) == 1
    if knex or _check_of(code, _statement(call), change) is None:
        yield change, edit


def _drizzle(code: Code, call: Node) -> Iterator[tuple[_Change, Edit]]:
    """`update(table).set({ stock: row.stock - 1 }).where(condition)`."""
    condition, set_call = _argument(call, 0), _receiver(code, call, "where")
    update_call = _receiver(code, set_call, "set") if set_call is not None else None
    values = _argument(set_call, 0) if set_call is not None else None
    if condition is None or update_call is None or values is None or _receiver(code, update_call, "update") is None:
        return
    table = _argument(update_call, 0)
    if table is None or values.type != "object" or not code.imports("drizzle-orm"):
        return
    for pair in values.named_children:
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if pair.type == "shorthand_property_identifier":
            key = value = pair
        change = _change(code, value, code.of(key), call) if key is not None else None
        if change is None:
            continue

        def edit(draft: Draft, check: _Check | None, change: _Change = change, pair: Node = pair) -> None:
            column = f"{code.of(table)}.{change.column}"
            amount = change.amount if re.fullmatch(r"[\d.]+", change.amount) else f"${{{change.amount}}}"
            new = f"{change.column}: sql`${{{column}}} {change.sign} {amount}`"
            draft.import_name(code, "drizzle-orm", "sql")
            if check is None:
                draft.replace(code, pair, new)
                return
            for name in ("and", "gte"):
                draft.import_name(code, "drizzle-orm", name)
            start, end = pair.start_byte - values.start_byte, pair.end_byte - values.start_byte
            raw = code.of(values).encode()
            written = (raw[:start] + new.encode() + raw[end:]).decode()
            count = code.free_variable("changed", "updated")
            unit = code.unit
            update = [
                f"const {count} = await {code.of(update_call)}",
                f"{unit}.set({written})",
                f"{unit}.where(and({code.of(condition)}, gte({column}, {check.least})))",
                f"{unit}.returning(){code.semi}",
            ]
            _place(draft, code, _statement(call), check, update, f"{count}.length === 0")

        if "mysql" not in code.text or _check_of(code, _statement(call), change) is None:  # no returning() there
            yield change, edit


def _sequelize(code: Code, call: Node) -> Iterator[tuple[_Change, Edit]]:
    """`Seat.update({ free: row.free - 1 }, { where })`, and `row.free -= 1` before `row.save()`."""
    if "sequelize" not in code.text:
        return
    q, statement = code.quote, _statement(call)
    options = _argument(call, 1)
    values = _argument(call, 0)
    target = _receiver(code, call, "update")
    if target and values and options and values.type == options.type == "object" and len(values.named_children) == 1:
        (pair,) = values.named_children
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        change = _change(code, value, code.of(key), call) if key is not None else None
        if change is not None and _check_of(code, statement, change) is None:

            def update(draft: Draft, _: _Check | None, change: _Change = change, options: Node = options) -> None:
                given = f"{q}{change.column}{q}, {{ by: {change.amount}, {code.of(options)[1:].lstrip()}"
                draft.replace(code, call, f"{code.of(target)}.{change.verb}({given})")

            yield change, update
    row = _receiver(code, call, "save")
    before = statement.prev_named_sibling
    step = before.named_children[0] if before is not None and before.type == "expression_statement" else None
    if row is None or before is None or step is None or not code.alone(before):
        return
    left, right = step.child_by_field_name("left"), step.child_by_field_name("right")
    if left is None or right is None or left.type != "member_expression" or code.of(row) != code.of(left.children[0]):
        return
    column = code.of(left.children[-1])
    sign = step.child_by_field_name("operator")
    added = step.type == "augmented_assignment_expression" and sign is not None and code.of(sign) in ("+=", "-=")
    change = _Change(column, code.of(sign)[0], code.of(right)) if added and sign is not None else None
    if step.type == "assignment_expression":
        change = _change(code, right, column, call)
    if change is not None and _check_of(code, before, change) is None:

        def save(draft: Draft, _: _Check | None, change: _Change = change) -> None:
            given = f"{{ by: {change.amount} }}"
            if values is not None:
                given = f"{{ by: {change.amount}, {code.of(values)[1:].lstrip()}"
            draft.remove(code, before)
            draft.replace(code, call, f"{code.of(row)}.{change.verb}({q}{change.column}{q}, {given})")

        yield change, save


def _receiver(code: Code, call: Node, name: str) -> Node | None:
    """What the method `name` is called on, if this is such a call."""
    function = call.child_by_field_name("function")
    prop = function.child_by_field_name("property") if function is not None else None
    if function is None or prop is None or code.of(prop) != name:
        return None
    return function.child_by_field_name("object")


def _grouped(text: str) -> str:
    return text if re.fullmatch(r"[\w.]+", text) else f"({text})"


# ---------------------------------------------------------------------- Redis


def redis_counter(case: Case) -> Iterator[Draft]:
    """Count with `INCR`, not with `GET` and `SET`."""
    code = case.act.code
    block = case.act.statement.parent
    if block is None or not code.alone(case.act.statement):
        return
    written = re.fullmatch(
        r"await ([\w.]+)\.set\((.+?), (\w+) \+ 1(?:, ['\"]EX['\"], (.+))?\);?", code.of(case.act.statement), re.S
    )
    if written is None:
        return
    client, key, name, seconds = written.groups()
    body = statements(block)
    for n in body[: body.index(case.act.statement)]:
        if declared(code, n) != [name] or f"{client}.get({key})" not in code.of(n) or not code.alone(n):
            continue
        draft = Draft("atomic-counter", "Count with INCR, and check what it returns")
        draft.replace(code, n, f"const {name} = await {client}.incr({key}){code.semi}")
        if seconds:
            draft.lines_after(code, n, f"if ({name} === 1) await {client}.expire({key}, {seconds}){code.semi}")
        for later in body[body.index(n) + 1 :]:
            condition = later.child_by_field_name("condition") if is_guard(later) else None
            found = re.fullmatch(rf"\({name} (>=) ([\w.]+)\)", code.of(condition)) if condition is not None else None
            if found and condition is not None:
                draft.replace(code, condition, f"({name} > {found[2]})")
        draft.remove(code, case.act.statement)
        yield draft


# ---------------------------------------------------------------------- nodes


def _argument(call: Node, index: int) -> Node | None:
    arguments = call.child_by_field_name("arguments")
    given = arguments.named_children if arguments is not None else []
    return given[index] if index < len(given) else None


def _pair(code: Code, target: Node, name: str) -> Node | None:
    """The object that is the value of a property of an object."""
    for pair in target.named_children if target.type == "object" else ():
        key, value = pair.child_by_field_name("key"), pair.child_by_field_name("value")
        if key is not None and code.of(key) == name and value is not None and value.type == "object":
            return value
    return None


def _statement(call: Node) -> Node:
    current = call
    while not current.type.endswith(("_statement", "_declaration")) and current.parent is not None:
        current = current.parent
    return current
