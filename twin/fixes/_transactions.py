"""Recipes with transactions: lock the rows that a decision reads, raise the isolation, use the right connection.

Which library a call belongs to is told by the shape of the call; an option that the library does not know changes
nothing, and so is not offered. A lock on rows comes before a higher isolation level, whose losers fail and must be
tried again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from krepis.twin.fixes._case import Case
from krepis.twin.fixes._keys import parameters
from krepis.twin.fixes._locks import wrap
from krepis.twin.fixes._source import (
    BLOCKS,
    EXITS,
    FUNCTIONS,
    Code,
    Draft,
    above,
    awaits,
    body_of,
    function_of,
    is_async,
    statement_of,
    statements,
    walk,
    within,
)
from tree_sitter import Node

_SELECT = re.compile(r"\s*SELECT\b(?!.*\bFOR\s+(?:NO\s+KEY\s+)?(?:UPDATE|SHARE)\b)", re.I | re.S)
_AGGREGATE = re.compile(r"\b(?:COUNT|SUM|MAX|MIN|AVG|GROUP\s+BY|DISTINCT|UNION)\b", re.I)
_FINDERS = {
    "findOneBy": "findOne",
    "findOneByOrFail": "findOneOrFail",
    "findBy": "find",
    "findOne": "findOne",
    "findOneOrFail": "findOneOrFail",
    "find": "find",
    "findByPk": "findByPk",
    "findAll": "findAll",
}
_RETRY = " (the one that fails must be tried again)"


# ---------------------------------------------------------------------- lock what is read


def lock_rows(case: Case) -> Iterator[Draft]:
    """`SELECT ... FOR UPDATE`, in whatever way the library says it; not where what matters is that no row is there."""
    if _adds_rows(case):
        return
    spots = [s for s in (case.read, case.act) if s is not None]
    reads: list[tuple[Code, Node]] = []
    for spot in spots:
        outer = function_of(spot.statement)
        scope = spot.statement if outer is None or spot is case.read else outer
        for n in walk(scope):
            if n.type in ("call_expression", "string", "template_string") and n.end_byte <= spot.statement.end_byte:
                if not any(code is spot.code and node == n for code, node in reads):
                    reads.append((spot.code, n))
    for code, node in reads:
        for lock in (_lock_sql, _lock_chain, _lock_option):
            draft = Draft("for-update", "Lock the row that is read until the transaction ends: FOR UPDATE")
            if lock(draft, code, node):
                yield draft


def _adds_rows(case: Case) -> bool:
    """Whether the act adds rows like those that are looked for: rows that are not there cannot be locked."""
    if case.read is None or _table(case.read.what) != _table(case.act.what):
        return False
    return re.search(r"\binsert|\bcreate\b|\bupsert|\.save\(", case.act.code.of(case.act.statement), re.I) is not None


def _table(what: str) -> str:
    return what.removeprefix("rows of ").split("[")[0].split(".")[0]


def _lock_sql(draft: Draft, code: Code, node: Node) -> bool:
    """FOR UPDATE at the end of a query as text."""
    if node.type not in ("string", "template_string"):
        return False
    text = code.of(node)[1:-1]
    if not _SELECT.match(text) or _AGGREGATE.search(text):
        return False
    body = text.rstrip()
    trail = body[:-1].rstrip() if body.endswith(";") else body
    lines = trail.split("\n")
    gap = code.eol + lines[-1][: len(lines[-1]) - len(lines[-1].lstrip())] if len(lines) > 1 else " "
    draft.insert(code, node.start_byte + 1 + len(trail.encode()), f"{gap}FOR UPDATE")
    return True


def _lock_chain(draft: Draft, code: Code, node: Node) -> bool:
    """`.forUpdate()` of knex and Kysely, `.for('update')` of Drizzle, `.setLock()` of TypeORM."""
    if node.type != "call_expression":
        return False
    links = _links(code, node)
    names = [name for name, _ in links]
    if "forUpdate" in names or "for" in names or "setLock" in names:
        return False
    head = _head(code, node)
    if "selectFrom" in names:
        at = next((call for name, call in links if name.startswith(("execute", "stream"))), None)
        added = "forUpdate()"
    elif "from" in names and "select" in names:
        if _chained(node):
            return False
        draft.insert(code, node.end_byte, _link(code, node, f"for({code.quote}update{code.quote})"))
        return True
    elif "createQueryBuilder" in names:
        at = next((call for name, call in links if name.startswith("get")), None)
        added = f"setLock({code.quote}pessimistic_write{code.quote})"
    elif head.type == "call_expression" and ("where" in names or "first" in names) and not _chained(node):
        if {"insert", "update", "del", "delete", "increment", "decrement", "max", "min", "count", "sum"} & set(names):
            return False
        at = next((call for name, call in links if name in ("first", "select", "pluck")), None)
        if at is None:
            draft.insert(code, node.end_byte, _link(code, node, "forUpdate()"))
            return True
        added = "forUpdate()"
    else:
        return False
    if at is None or _chained(node):
        return False
    function = at.child_by_field_name("function")
    target = function.child_by_field_name("object") if function is not None else None
    if target is None:
        return False
    draft.insert(code, target.end_byte, _link(code, node, added))
    return True


def _lock_option(draft: Draft, code: Code, node: Node) -> bool:
    """`lock` among the options of TypeORM and Sequelize."""
    if node.type != "call_expression":
        return False
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    prop = function.child_by_field_name("property") if function is not None else None
    if prop is None or arguments is None or code.of(prop) not in _FINDERS or "lock:" in code.of(arguments):
        return False
    name = code.of(prop)
    last = arguments.named_children[-1] if arguments.named_children else None
    if last is None:
        return False
    given = re.search(r"\btransaction:\s*([\w.]+)|\{[^{}]*\b(transaction)\b\s*[,}]", code.of(last))
    if given is not None:  # Sequelize
        return last.type == "object" and _property(draft, code, last, f"lock: {given[1] or 'transaction'}.LOCK.UPDATE")
    if "typeorm" not in code.text:
        return False
    lock = f"lock: {{ mode: {code.quote}pessimistic_write{code.quote} }}"
    if name.endswith(("By", "ByOrFail")):
        draft.replace(code, prop, _FINDERS[name])
        draft.insert(code, last.start_byte, "{ where: ")
        draft.insert(code, last.end_byte, f", {lock} }}")
        return True
    return last.type == "object" and _property(draft, code, last, lock)


# ---------------------------------------------------------------------- raise the isolation


def serializable(case: Case) -> Iterator[Draft]:
    """Run the transaction at SERIALIZABLE."""
    title = f"Run the transaction at SERIALIZABLE{_RETRY}"
    for code in _codes(case):
        for n in walk(code.root):
            if n.type in ("string", "template_string"):
                text = code.of(n)[1:-1]
                if re.fullmatch(r"\s*(?:BEGIN|START TRANSACTION)(?:\s+TRANSACTION)?\s*;?\s*", text, re.I):
                    draft = Draft("serializable", title)
                    draft.replace(
                        code,
                        n,
                        f"{code.of(n)[0]}{text.strip().rstrip(';')} ISOLATION LEVEL SERIALIZABLE{code.of(n)[-1]}",
                    )
                    yield draft
                continue
            if n.type != "call_expression" or (f := n.child_by_field_name("function")) is None:
                continue
            called = code.of(f)
            if called.endswith(".beginTransaction") and (s := statement_of(n)) is not None and code.alone(s):
                draft = Draft("serializable", title)
                connection = called.removesuffix(".beginTransaction")
                level = f"{code.quote}SET TRANSACTION ISOLATION LEVEL SERIALIZABLE{code.quote}"
                draft.lines_before(code, s, f"await {connection}.query({level}){code.semi}")
                yield draft
            elif re.search(r"\btransaction\(\)\.execute$", called):
                draft = Draft("serializable", title)
                at = f.child_by_field_name("object")
                if at is not None:
                    draft.insert(code, at.end_byte, f".setIsolationLevel({code.quote}serializable{code.quote})")
                    yield draft
            elif (
                re.search(r"[.$]transaction$", called) and (arguments := n.child_by_field_name("arguments")) is not None
            ):
                if case.act.code is code and within(case.act.node, n):
                    yield from _isolated(code, n, arguments, title)


def _isolated(code: Code, call: Node, arguments: Node, title: str) -> Iterator[Draft]:
    """A call of `transaction` with a higher level."""
    given = arguments.named_children
    level = next(
        (
            n.child_by_field_name("value")
            for n in walk(arguments)
            if n.type == "pair" and code.of(n).startswith("isolationLevel")
        ),
        None,
    )
    draft = Draft("serializable", title)
    if level is not None:
        text = code.of(level)
        better = re.sub(r"\w+(?=['\"]?$)", lambda m: _cased(m[0]), text)
        if better != text:
            draft.replace(code, level, better)
            yield draft
        return
    if len(given) != 1 or given[0].type not in ("arrow_function", "function_expression", "identifier"):
        return
    q = code.quote
    text = code.text
    if "typeorm" in text:
        draft.insert(code, given[0].start_byte, f"{q}SERIALIZABLE{q}, ")
    elif "sequelize" in text:
        draft.import_name(code, "sequelize", "Transaction")
        draft.insert(code, given[0].start_byte, "{ isolationLevel: Transaction.ISOLATION_LEVELS.SERIALIZABLE }, ")
    elif "$transaction" in code.of(call).split("(")[0]:
        named = "Prisma" in code.imports("@prisma/client")
        value = "Prisma.TransactionIsolationLevel.Serializable" if named else f"{q}Serializable{q}"
        _append(draft, code, call, given[0], f"{{ isolationLevel: {value} }}")
    else:
        _append(draft, code, call, given[0], f"{{ isolationLevel: {q}serializable{q} }}")
    yield draft


def _cased(level: str) -> str:
    if level.isupper():
        return "SERIALIZABLE"
    return "Serializable" if level[:1].isupper() else "serializable"


def _append(draft: Draft, code: Code, call: Node, callback: Node, option: str) -> None:
    """Add an argument after a callback, on lines of their own where the callback has several."""
    if callback.start_point.row == callback.end_point.row:
        draft.insert(code, callback.end_byte, f", {option}")
        return
    pad = code.indent(call)
    draft.insert(code, callback.start_byte, f"{code.eol}{pad}{code.unit}")
    draft.shift_below(code, callback)
    draft.insert(code, callback.end_byte, f",{code.eol}{pad}{code.unit}{option},{code.eol}{pad}")


# ---------------------------------------------------------------------- there is no transaction yet

_NAME = r"(?P<client>(?:this\.)?#?\w+)"
_OPENED: tuple[tuple[str, str, str, str, str], ...] = (
    (rf"{_NAME}\.\w+\.(?:find\w+|count|aggregate)\(\{{", "@prisma/client", "$transaction(", "tx", "Serializable"),
    (rf"{_NAME}\(['\"]\w+['\"]\)", "knex", "transaction(", "trx", ""),
    (rf"{_NAME}\s*\.selectFrom\(", "kysely", "transaction().execute(", "trx", ""),
    (rf"{_NAME}\s*\.select\([^)]*\)\s*\.from\(", "drizzle-orm", "transaction(", "tx", ""),
    (rf"{_NAME}\.find(?:One)?(?:By)?(?:OrFail)?\(", "typeorm", "manager.transaction(", "manager", ""),
)
"""How a library reads, its package, how it opens a transaction, what that is called, a level that locks by itself."""


def new_transaction(case: Case) -> Iterator[Draft]:
    """Do it all in a transaction that locks what it reads, or, where the library has no locks, at SERIALIZABLE."""
    code, read = case.code, case.read
    function = function_of(case.act.statement)
    body = body_of(function) if function is not None else None
    if read is None or read.code is not code or case.act.code is not code or function is None or body is None:
        return
    start = next((i for i, n in enumerate(statements(body)) if within(read.node, n)), None)
    if start is None or not is_async(function) or re.search(r"BEGIN|ransaction|\btrx?\b", code.of(function)):
        return
    text = code.of(read.statement)
    for pattern, package, opened, name, level in _OPENED:
        found = re.search(pattern, text)
        if found is None or package not in code.text:
            continue
        given, closed = code.free_variable(name, "inside"), ""
        client = found["client"]
        title = "Do it in one transaction that locks the row that is read"
        if level:
            closed = f", {{ isolationLevel: {code.quote}{level}{code.quote} }}"
            title = f"Do it in one transaction, at SERIALIZABLE{_RETRY}"
        draft = Draft("new-transaction", title)
        inside, lead = given, ""
        if package == "typeorm":
            inside = code.free_variable(client.split(".")[-1].lstrip("#"), "repository")
            lead = f"const {inside} = {given}.withRepository({client}){code.semi}"
        if not wrap(draft, code, function, start, f"{client}.{opened}", given, closed, lead):
            continue
        _use(draft, code, statements(body)[start:], client, inside)
        if level or _locked(draft, code, read.statement, read.node):
            yield draft
    yield from _begin_and_commit(case, code, function, statements(body), start)


def _use(draft: Draft, code: Code, body: list[Node], client: str, inside: str) -> None:
    """Another client in some statements."""
    for n in (n for s in body for n in walk(s)):
        if n.type in ("identifier", "member_expression") and code.of(n) == client:
            draft.replace(code, n, inside)


def _locked(draft: Draft, code: Code, statement: Node, node: Node) -> bool:
    calls = [n for n in walk(statement) if n.type in ("call_expression", "string", "template_string")]
    return any(_lock(draft, code, n) for n in calls if within(n, statement) and n.end_byte > node.start_byte)


def _begin_and_commit(case: Case, code: Code, function: Node, body: list[Node], start: int) -> Iterator[Draft]:
    """The same for a pool of pg, which has no call for it."""
    assert case.read is not None
    found = re.search(rf"{_NAME}\.query\(", code.of(case.read.statement))
    first, last = body[start], body[-1]
    if found is None or not re.search(r"['\"]pg['\"]", code.text) or "pool" not in found["client"].lower():
        return
    if not (code.alone(first) and code.alone(last)):
        return
    returns = [n for s in body[start:] for n in walk(s, False) if n.type == "return_statement"]
    if any(awaits(n) for n in returns):
        return
    client, q, semi = code.free_variable("client", "connection"), code.quote, code.semi
    pad, unit, eol = code.indent(first), code.unit, code.eol
    commit = f"await {client}.query({q}COMMIT{q}){semi}"
    draft = Draft("new-transaction", "Do it in one transaction that locks the row that is read")
    opened = [f"const {client} = await {found['client']}.connect(){semi}", "try {"]
    opened.append(f"{unit}await {client}.query({q}BEGIN{q}){semi}")
    draft.insert(code, code.start_of_line(first), "".join(f"{pad}{line}{eol}" for line in opened))
    for n in returns:
        if n.parent is not None and n.parent.type in BLOCKS:
            draft.lines_before(code, n, f"{unit}{commit}")
        else:
            draft.replace(code, n, f"{{ {commit} {code.of(n)} }}")
    draft.shift(code, first, last)
    closed = [] if last.type in EXITS else [f"{unit}{commit}"]
    closed += ["} catch (error) {", f"{unit}await {client}.query({q}ROLLBACK{q}){semi}", f"{unit}throw error{semi}"]
    closed += ["} finally {", f"{unit}{client}.release(){semi}", "}"]
    draft.insert(code, code.end_of_line(last), "".join(f"{pad}{line}{eol}" for line in closed))
    _use(draft, code, body[start:], found["client"], client)
    if _locked(draft, code, case.read.statement, case.read.node):
        yield draft


# ---------------------------------------------------------------------- the transaction is there, but not used


def right_connection(case: Case) -> Iterator[Draft]:
    """Read through the transaction whose callback the act is in, and lock what is read."""
    code = case.code
    callback = next((n for n in above(case.act.node) if n.type in FUNCTIONS and _in_transaction(code, n)), None)
    if callback is None or case.read is None or case.read.code is not code or not within(case.read.node, callback):
        return
    tx = next(iter(parameters(code, callback)))
    for n in walk(case.read.statement, False):
        if n.type not in ("identifier", "member_expression") or n.parent is None:
            continue
        text = code.of(n)
        if not re.search(r"(?:pool|db|knex|prisma|client|dataSource|conn|connection|sequelize)$", text, re.I):
            continue
        if text == tx or n.parent.type not in ("member_expression", "call_expression"):
            continue
        for locked in (False, True):
            draft = Draft("right-connection", f"Read through {tx}, the connection of the transaction")
            draft.replace(code, n, tx)
            if locked and not any(_lock(draft, code, c) for c in walk(case.read.statement)):
                continue
            yield draft
    yield from _manager(case, code, callback, tx)
    if "sequelize" in code.text:
        yield from _option(case, code, tx)


def _manager(case: Case, code: Code, callback: Node, tx: str) -> Iterator[Draft]:
    """The transaction's manager instead of a repository that was injected."""
    assert case.read is not None
    for n in walk(case.read.statement, False):
        if n.type != "member_expression" or not re.fullmatch(r"this\.\w+", code.of(n)) or n.parent is None:
            continue
        found = re.search(rf"\b{re.escape(code.of(n)[5:])}\s*:\s*Repository<(\w+)>", code.text)
        arguments = n.parent.parent.child_by_field_name("arguments") if n.parent.parent is not None else None
        if found is None or arguments is None or not arguments.named_children:
            continue
        for locked in (True, False):
            draft = Draft("right-connection", f"Read through {tx}, the manager of the transaction")
            draft.replace(code, n, tx)
            draft.insert(code, arguments.named_children[0].start_byte, f"{found[1]}, ")
            if locked and not any(_lock(draft, code, c) for c in walk(case.read.statement)):
                continue
            yield draft


def _option(case: Case, code: Code, tx: str) -> Iterator[Draft]:
    """The transaction among the options of a Sequelize model."""
    assert case.read is not None
    for n in walk(case.read.statement, False):
        function, arguments = n.child_by_field_name("function"), n.child_by_field_name("arguments")
        if n.type != "call_expression" or function is None or arguments is None or not arguments.named_children:
            continue
        last = arguments.named_children[-1]
        if not re.search(r"\.(?:find\w+|count|sum|max)$", code.of(function)) or "transaction" in code.of(arguments):
            continue
        added = f"transaction: {tx}" if "lock:" in code.of(last) else f"transaction: {tx}, lock: {tx}.LOCK.UPDATE"
        draft = Draft("right-connection", f"Read in the transaction {tx}, and lock the row")
        if last.type == "object":
            _property(draft, code, last, added)
        else:
            draft.insert(code, last.end_byte, f", {{ {added} }}")
        yield draft


def _lock(draft: Draft, code: Code, node: Node) -> bool:
    return _lock_sql(draft, code, node) or _lock_chain(draft, code, node) or _lock_option(draft, code, node)


def _in_transaction(code: Code, function: Node) -> bool:
    """Whether a function is a callback that is given a transaction, by its name."""
    names = list(parameters(code, function))
    known = re.compile(r"t|tx|trx|transaction|client|conn|connection|manager|em")
    given = function.parent is not None and function.parent.type == "arguments"
    return given and len(names) == 1 and known.fullmatch(names[0]) is not None


# ---------------------------------------------------------------------- nodes


def _links(code: Code, call: Node) -> list[tuple[str, Node]]:
    """The calls of a chain that ends with `call`, first to last: `a.b().c()` has b and c."""
    out: list[tuple[str, Node]] = []
    current: Node | None = call
    while current is not None:
        if current.type == "call_expression":
            function = current.child_by_field_name("function")
            prop = function.child_by_field_name("property") if function is not None else None
            if prop is not None:
                out.append((code.of(prop), current))
            current = function if function is not None and function.type == "member_expression" else None
        elif current.type == "member_expression":
            current = current.child_by_field_name("object")
        else:
            current = None
    return out[::-1]


def _head(code: Code, call: Node) -> Node:
    """What a chain begins with: `knex('users')` of `knex('users').where(...).first()`."""
    current = call
    while (f := current.child_by_field_name("function")) is not None and f.type == "member_expression":
        target = f.child_by_field_name("object")
        if target is None or target.type != "call_expression":
            return current if target is None else target
        current = target
    return current


def _chained(call: Node) -> bool:
    """Whether the chain goes on after this call."""
    return call.parent is not None and call.parent.type == "member_expression"


def _link(code: Code, chain: Node, text: str) -> str:
    """A further call of a chain, on a line of its own where the others are."""
    row = code.of(chain)
    found = re.search(r"\n([ \t]*)\.", row)
    return f"{code.eol}{found[1]}.{text}" if found else f".{text}"


def _property(draft: Draft, code: Code, target: Node, text: str) -> bool:
    """Add a property at the end of an object."""
    last = target.named_children[-1] if target.named_children else None
    if last is None:
        draft.replace(code, target, f"{{ {text} }}")
        return True
    if last.start_point.row == target.start_point.row:
        draft.insert(code, last.end_byte, f", {text}")
    else:
        draft.insert(code, last.end_byte, f",{code.eol}{code.indent(last)}{text}")
    return True


def _codes(case: Case) -> list[Code]:
    return [case.code, *(c for c in case.codes.values() if c is not case.code)]
