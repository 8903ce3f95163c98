"""SQL text as a small neutral tree.

Strategy: placeholders are rewritten to one spelling and statements are split by a scanner of our own, then
sqlglot parses what carries data (SELECT, INSERT, UPDATE, DELETE, REPLACE, WITH) and its tree is reduced to
the few node types that the external store understands. Transaction control, LOCK and SET are recognised by
their first words.

Rules:
* `parse` never raises; text that cannot be read becomes `Other`, such an expression `Unknown`.
* A WHERE clause is a tuple of conditions that must all hold; OR, NOT, IN, EXISTS stay operators.
* `x = x - $1`, `version = version + 1`, `balance >= $1` keep their shape: the store reasons with it.
* Names keep their spelling; schema prefixes are dropped; folding names is the caller's business.

Operators of `Op`: `+ - * / % || = <> < <= > >= and or not in like isnull any exists case`, `agg:<name>`,
`fn:<name>`. `case` holds condition, value, condition, value, ..., default.

Deliberately absent: types, collation, windows, set operations beyond their first operand, DDL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

Scalar = str | int | float | bool | None


@dataclass(frozen=True)
class Col:
    """A column; `table` is the table or alias that qualifies it, or ''; 'excluded' means the proposed row."""

    name: str
    table: str = ""


@dataclass(frozen=True)
class Param:
    """A placeholder: its position from 1, or its name."""

    index: int | str


@dataclass(frozen=True)
class Lit:
    """A constant. Callers that bind parameters put run-time values here."""

    value: object


@dataclass(frozen=True)
class Op:
    """An operator or function applied to arguments; see the module docstring for the names."""

    name: str
    args: tuple[Expr, ...]


@dataclass(frozen=True)
class Sub:
    """A subquery used as a value or a set."""

    select: Select


@dataclass(frozen=True)
class Unknown:
    """An expression that was not understood; equal text means equal value."""

    text: str
    args: tuple[Expr, ...] = ()


Expr = Col | Param | Lit | Op | Sub | Unknown
Assignment = tuple[str, Expr]


@dataclass(frozen=True)
class Table:
    name: str
    alias: str = ""
    select: Select | None = None


@dataclass(frozen=True)
class Output:
    """One column of a result: `name` is what the client sees; `expr` None stands for `*` or `name.*`."""

    name: str
    expr: Expr | None


@dataclass(frozen=True)
class Select:
    tables: tuple[Table, ...]
    columns: tuple[Output, ...]
    where: tuple[Expr, ...] = ()
    for_update: str | None = None
    skip_locked: bool = False
    nowait: bool = False
    aggregates: tuple[str, ...] = ()
    grouped: bool = False
    limit: Expr | None = None
    order: tuple[str, ...] = ()


@dataclass(frozen=True)
class Conflict:
    """`action` is 'nothing' or 'update'; `columns` the conflict target ('' target: any constraint)."""

    action: str
    columns: tuple[str, ...] = ()
    assignments: tuple[Assignment, ...] = ()
    where: tuple[Expr, ...] = ()


@dataclass(frozen=True)
class Insert:
    """`columns` is empty when the text names none; `values` holds one tuple per row."""

    table: str
    columns: tuple[str, ...]
    values: tuple[tuple[Expr, ...], ...] = ()
    select: Select | None = None
    on_conflict: Conflict | None = None
    returning: tuple[Output, ...] = ()


@dataclass(frozen=True)
class Update:
    table: str
    assignments: tuple[Assignment, ...]
    where: tuple[Expr, ...] = ()
    returning: tuple[Output, ...] = ()
    sources: tuple[Table, ...] = ()
    alias: str = ""
    limit: Expr | None = None


@dataclass(frozen=True)
class Delete:
    table: str
    where: tuple[Expr, ...] = ()
    returning: tuple[Output, ...] = ()
    sources: tuple[Table, ...] = ()
    alias: str = ""
    limit: Expr | None = None


@dataclass(frozen=True)
class Begin:
    """`isolation` is one of the four standard levels in lower case, or None (the database's default).

    `mode` is SQLite's 'deferred', 'immediate' or 'exclusive', or ''.
    """

    isolation: str | None = None
    mode: str = ""


@dataclass(frozen=True)
class SetIsolation:
    isolation: str
    session: bool = False


@dataclass(frozen=True)
class Commit:
    pass


@dataclass(frozen=True)
class Rollback:
    """`savepoint` names where to, None ends the transaction."""

    savepoint: str | None = None


@dataclass(frozen=True)
class Savepoint:
    name: str


@dataclass(frozen=True)
class Release:
    """RELEASE SAVEPOINT."""

    name: str


@dataclass(frozen=True)
class Lock:
    """`kind`: 'table' (key holds its name) or 'advisory'; `scope`: 'xact' or 'session'; try does not wait."""

    kind: str
    key: tuple[Expr, ...]
    scope: str = "xact"
    mode: str = "exclusive"
    wait: bool = True
    column: str = ""


@dataclass(frozen=True)
class Unlock:
    """Gives back a session advisory lock; an empty key gives back all."""

    key: tuple[Expr, ...] = ()
    column: str = ""


@dataclass(frozen=True)
class Other:
    text: str


Statement = (
    Select
    | Insert
    | Update
    | Delete
    | Begin
    | SetIsolation
    | Commit
    | Rollback
    | Savepoint
    | Release
    | Lock
    | Unlock
    | Other
)

DIALECTS = ("postgres", "mysql", "sqlite")
TEXT_LIMIT_CHARS = 100_000
SET_COLUMN = "kp__set"

_TOKEN = re.compile(
    r"""(?P<skip>'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|`[^`]*`|\[[A-Za-z_][\w ]*\]
         |(?P<dollar>\$(?:[A-Za-z_]\w*)?\$).*?(?P=dollar))
      |(?P<comment>--[^\n]*|/\*.*?\*/)
      |(?P<cast>::|:=|@@\w+|\?\||\?&|@\?)
      |(?P<ident>\?\?)
      |(?P<number>\$(?P<n>\d+)|\?(?P<m>\d+))
      |(?P<anon>\?)
      |(?P<named>(?<![\w:])[:@$](?P<name>[A-Za-z_]\w*))
      |(?P<end>;)""",
    re.X | re.S,
)
_ISOLATION = re.compile(
    r"isolation\s+level\s+(read\s+uncommitted|read\s+committed|repeatable\s+read|serializable)", re.I
)
_NAME = r"[\"`]?(?:\w+[\"`]?\.[\"`]?)*(\w+)[\"`]?"
_ADVISORY = re.compile(r"^pg_(try_)?advisory_(xact_)?lock(_shared)?$")
_BINARY: dict[type[exp.Expression], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.DPipe: "||",
    exp.EQ: "=",
    exp.NullSafeEQ: "=",
    exp.NEQ: "<>",
    exp.NullSafeNEQ: "<>",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.And: "and",
    exp.Or: "or",
    exp.Like: "like",
    exp.ILike: "like",
}
_DEPTH_LIMIT = 60


@lru_cache(maxsize=4096)
def parse(text: str, dialect: str) -> tuple[Statement, ...]:
    """The statements of `text`, in order. `dialect` is one of DIALECTS (anything else is read as postgres).

    Placeholders count from 1 over the whole text; `??` (mysql2, knex) becomes a name '?n' with its position.
    `SET ?` (mysql2: an object of columns) is an assignment of the parameter to SET_COLUMN.
    """
    if dialect not in DIALECTS:
        dialect = "postgres"
    if len(text) > TEXT_LIMIT_CHARS:
        return (Other(text[:200]),)
    return tuple(statement for part in _split(text) for statement in _statement(part, dialect))


def _split(text: str) -> Iterator[str]:
    """Statements without comments, their placeholders spelled `:kp_<position or name>`."""
    tokens = list(_TOKEN.finditer(text))
    has_numbers = any(token["n"] for token in tokens)
    out: list[str] = []
    at = 0
    count = 0
    for token in tokens:
        out.append(text[at : token.start()])
        at = token.end()
        if token["comment"]:
            out.append(" ")
        elif token["ident"]:
            count += 1
            out.append(f"kpident_{count}")
        elif token["number"]:
            out.append(f":kp_{token['n'] or token['m']}")
        elif token["anon"] and not has_numbers:
            count += 1
            out.append(f":kp_{count}")
        elif token["named"]:
            out.append(f":kpn_{token['name']}")
        elif token["end"]:
            yield "".join(out).strip()
            out = []
        else:
            out.append(token[0])
    out.append(text[at:])
    yield "".join(out).strip()


def _statement(text: str, dialect: str) -> list[Statement]:
    """`text` without comments; empty text has no statement."""
    if not text:
        return []
    head = text.split(None, 1)[0].lower().rstrip("(")
    if head in ("select", "insert", "update", "delete", "with", "replace", "") or text.startswith("("):
        return _data(text, dialect)
    control = _CONTROL.get(head)
    return [control(text, dialect)] if control else [Other(text)]


def _isolation(text: str) -> str | None:
    found = _ISOLATION.search(text)
    return re.sub(r"\s+", " ", found[1].lower()) if found else None


def _begin(text: str, dialect: str) -> Statement:
    mode = re.match(r"begin\s+(deferred|immediate|exclusive)\b", text, re.I)
    return Begin(_isolation(text), mode[1].lower() if mode else "")


def _rollback(text: str, dialect: str) -> Statement:
    to = re.match(r"rollback(?:\s+(?:work|transaction))?\s+to\s+(?:savepoint\s+)?[\"`]?(\w+)", text, re.I)
    return Rollback(to[1] if to else None)


def _release(text: str, dialect: str) -> Statement:
    name = re.match(r"release\s+(?:savepoint\s+)?[\"`]?(\w+)", text, re.I)
    return Release(name[1] if name else "")


def _lock(text: str, dialect: str) -> Statement:
    table = re.match(rf"lock\s+(?:tables?\s+)?(?:only\s+)?{_NAME}", text, re.I)
    if table is None:
        return Other(text)
    shared = re.search(r"\b(?:share\s+mode|read)\b", text, re.I) and not re.search(r"exclusive|write", text, re.I)
    scope = "session" if dialect == "mysql" else "xact"
    wait = not re.search(r"\bnowait\b", text, re.I)
    return Lock("table", (Lit(table[1]),), scope, "share" if shared else "exclusive", wait)


def _set(text: str, dialect: str) -> Statement:
    isolation = _isolation(text)
    if isolation is None or not re.match(r"set\s+.*transaction", text, re.I | re.S):
        return Other(text)
    return SetIsolation(isolation, bool(re.match(r"set\s+(session|global)\b", text, re.I)))


_CONTROL: dict[str, Callable[[str, str], Statement]] = {
    "begin": _begin,
    "start": _begin,
    "commit": lambda text, dialect: Commit(),
    "end": lambda text, dialect: Commit(),
    "rollback": _rollback,
    "abort": _rollback,
    "savepoint": lambda text, dialect: Savepoint(_word(text, r"savepoint\s+[\"`]?(\w+)")),
    "release": _release,
    "lock": _lock,
    "unlock": lambda text, dialect: Unlock((Lit("tables"),)),
    "set": _set,
}


def _word(text: str, pattern: str) -> str:
    found = re.match(pattern, text, re.I)
    return found[1] if found else ""


def _data(text: str, dialect: str) -> list[Statement]:
    text = re.sub(r"^replace\s+into\b", "INSERT OR REPLACE INTO", text, flags=re.I)
    text = re.sub(r"^insert\s+or\s+replace\b", "INSERT OR REPLACE", text, flags=re.I)
    replace = text.startswith("INSERT OR REPLACE")
    if replace:
        text = "INSERT" + text[len("INSERT OR REPLACE") :]
    text = re.sub(r"^insert\s+or\s+ignore\b", "INSERT IGNORE", text, flags=re.I)
    ignore = bool(re.match(r"insert\s+ignore\b", text, re.I))
    if ignore:
        text = re.sub(r"^insert\s+ignore\b", "INSERT", text, flags=re.I)
    text = re.sub(r"\bvalues\s+(:kp\w+)", r"VALUES (\1)", text, flags=re.I)
    text = re.sub(r"\bset\s+(:kpn?_\w+)(?=\s|$)", r"SET kp__set = \1", text, flags=re.I)
    try:
        tree = sqlglot.parse_one(text, read=dialect)
        return _Reader(text).statements(cast(exp.Expression, tree), replace, ignore)
    except (SqlglotError, RecursionError, ValueError, AttributeError, TypeError, KeyError, IndexError):
        return [Other(text)]


def _conjuncts(node: exp.Expression | None) -> Iterator[exp.Expression]:
    stack = [node] if node is not None else []
    while stack:
        top = stack.pop()
        while isinstance(top, exp.Paren):
            top = top.this
        if isinstance(top, exp.And):
            stack += [top.expression, top.this]
        else:
            yield top


def _is_missing(condition: Expr, table: Table) -> bool:
    """Whether a condition keeps only what a LEFT JOIN found nothing for."""
    if not isinstance(condition, Op) or condition.name != "isnull" or not isinstance(condition.args[0], Col):
        return False
    return condition.args[0].table in (table.name, table.alias) and condition.args[0].table != ""


def _where(node: exp.Expression) -> exp.Expression | None:
    where = node.args.get("where")
    return where.this if where is not None else None


class _Reader:
    """Reduces one sqlglot tree. `ctes` are the WITH queries seen so far, by lower-case name."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.ctes: dict[str, Select] = {}
        self.depth = 0

    # -- statements

    def statements(self, tree: exp.Expression, replace: bool, ignore: bool) -> list[Statement]:
        """The data-modifying WITH queries, then the statement, unless it only selects from one of them."""
        out: list[Statement] = []
        changing: set[str] = set()
        with_ = tree.args.get("with_") or tree.args.get("with")
        for cte in with_.expressions if with_ is not None else ():
            name = cte.alias.lower()
            if isinstance(cte.this, (exp.Insert, exp.Update, exp.Delete)):
                out += self.statements(cte.this, False, False)
                changing.add(name)
            else:
                select = self.query(cte.this)
                if select is not None:
                    self.ctes[name] = select
        if isinstance(tree, exp.Insert):
            out.append(self.insert(tree, replace, ignore))
        elif isinstance(tree, exp.Update):
            out.append(self.update(tree))
        elif isinstance(tree, exp.Delete):
            out.append(self.delete(tree))
        else:
            select = self.query(tree)
            if select is None:
                return [*out, Other(self.text)]
            if not (len(select.tables) == 1 and select.tables[0].name.lower() in changing):
                out.append(_advisory(select) or select)
        return out

    def query(self, tree: exp.Expression) -> Select | None:
        while isinstance(tree, (exp.Union, exp.Except, exp.Intersect, exp.Subquery, exp.Paren)):
            tree = tree.this
        return self.select(tree) if isinstance(tree, exp.Select) else None

    def select(self, tree: exp.Select) -> Select:
        with_ = tree.args.get("with_") or tree.args.get("with")
        for cte in with_.expressions if with_ is not None else ():
            inner = self.query(cte.this)
            if inner is not None:
                self.ctes[cte.alias.lower()] = inner
        source = tree.args.get("from_") or tree.args.get("from")
        tables = [self.table(source.this)] if source is not None else []
        where = [self.condition(c) for c in _conjuncts(_where(tree))]
        for join in tree.args.get("joins") or ():
            other = self.table(join.this)
            on = [self.condition(c) for c in _conjuncts(join.args.get("on"))]
            missing = [c for c in where if join.side == "LEFT" and _is_missing(c, other)]
            if missing:
                gone = Op("exists", (Sub(Select((other,), (), tuple(on))),))
                where = [c for c in where if c not in missing] + [Op("not", (gone,))]
                continue
            tables.append(other)
            where += on
        locks = tree.args.get("locks") or ()
        for_update = ("update" if locks[0].args.get("update") else "share") if locks else None
        limit = tree.args.get("limit")
        order = tree.args.get("order")
        aggregates = tuple(
            type(node).__name__.lower()
            for output in tree.expressions
            for node in output.find_all(exp.AggFunc)
            if node.find_ancestor(exp.Subquery) is None
        )
        inlined = self.ctes.get(tables[0].name.lower()) if len(tables) == 1 and source is not None else None
        if inlined is not None and len(inlined.tables) == 1:
            tables = list(inlined.tables)
            where = [*inlined.where, *where]
            for_update = for_update or inlined.for_update
        return Select(
            tables=tuple(tables),
            columns=self.outputs(tree.expressions),
            where=tuple(where),
            for_update=for_update,
            skip_locked=any(lock.args.get("wait") is False for lock in locks)
            or (inlined is not None and inlined.skip_locked),
            nowait=any(lock.args.get("wait") is True for lock in locks),
            aggregates=aggregates,
            grouped=tree.args.get("group") is not None,
            limit=self.expr(limit.expression) if limit is not None else (inlined.limit if inlined else None),
            order=tuple(part.sql() for part in order.expressions) if order is not None else (),
        )

    def insert(self, tree: exp.Insert, replace: bool, ignore: bool) -> Insert:
        target = tree.this
        columns: tuple[str, ...] = ()
        if isinstance(target, exp.Schema):
            columns = tuple(part.name for part in target.expressions)
            target = target.this
        body = tree.expression
        values: list[tuple[Expr, ...]] = []
        select: Select | None = None
        if isinstance(body, exp.Values):
            for row in body.expressions:
                cells = row.expressions if isinstance(row, exp.Tuple) else [row]
                values.append(tuple(self.expr(cell) for cell in cells))
        elif body is not None:
            select = self.query(body)
        elif tree.args.get("default"):
            values.append(())
        conflict = self.conflict(tree.args.get("conflict"))
        if replace:
            conflict = Conflict("update", (), tuple((name, Col(name, "excluded")) for name in columns))
        elif ignore:
            conflict = Conflict("nothing")
        returning = tree.args.get("returning")
        return Insert(
            table=_identifier(target.name),
            columns=tuple(_identifier(name) for name in columns),
            values=tuple(values),
            select=select,
            on_conflict=conflict,
            returning=self.outputs(returning.expressions) if returning is not None else (),
        )

    def conflict(self, node: exp.Expression | None) -> Conflict | None:
        if node is None:
            return None
        action = node.args.get("action")
        keys = tuple(
            key.this.name if isinstance(key, exp.Ordered) else key.name for key in node.args.get("conflict_keys") or ()
        )
        if action is not None and "NOTHING" in action.name.upper():
            return Conflict("nothing", keys)
        where = tuple(self.condition(c) for c in _conjuncts(_where(node)))
        return Conflict("update", keys, self.assignments(node.expressions), where)

    def update(self, tree: exp.Update) -> Update:
        source = tree.args.get("from_") or tree.args.get("from")
        sources = [self.table(source.this)] if source is not None else []
        where = [self.condition(c) for c in _conjuncts(_where(tree))]
        for join in tree.this.args.get("joins") or ():
            sources.append(self.table(join.this))
            where += [self.condition(c) for c in _conjuncts(join.args.get("on"))]
        kept, conditions = self.resolve(sources, where)
        returning = tree.args.get("returning")
        limit = tree.args.get("limit")
        return Update(
            table=_identifier(tree.this.name),
            assignments=self.assignments(tree.expressions),
            where=conditions,
            returning=self.outputs(returning.expressions) if returning is not None else (),
            sources=kept,
            alias=tree.this.alias,
            limit=self.expr(limit.expression) if limit is not None else None,
        )

    def delete(self, tree: exp.Delete) -> Delete:
        sources = [self.table(table) for table in tree.args.get("using") or ()]
        where = [self.condition(c) for c in _conjuncts(_where(tree))]
        kept, conditions = self.resolve(sources, where)
        returning = tree.args.get("returning")
        limit = tree.args.get("limit")
        return Delete(
            table=_identifier(tree.this.name),
            where=conditions,
            returning=self.outputs(returning.expressions) if returning is not None else (),
            sources=kept,
            alias=tree.this.alias,
            limit=self.expr(limit.expression) if limit is not None else None,
        )

    def resolve(self, sources: list[Table], where: list[Expr]) -> tuple[tuple[Table, ...], tuple[Expr, ...]]:
        """Replaces `t.id = q.id` over a query `q` in FROM by `t.id = (query)`: the row that `q` chose."""
        kept: list[Table] = []
        for table in sources:
            select = table.select or self.ctes.get(table.name.lower())
            names = {table.name.lower(), table.alias.lower()} - {""}
            if select is None:
                kept.append(table)
                continue
            for i, condition in enumerate(where):
                if not (isinstance(condition, Op) and condition.name == "="):
                    continue
                left, right = condition.args
                if isinstance(left, Col) and left.table.lower() in names:
                    left, right = right, left
                if isinstance(right, Col) and right.table.lower() in names and isinstance(left, Col):
                    where[i] = Op("=", (left, Sub(select)))
                    break
            else:
                kept.append(table)
        return tuple(kept), tuple(where)

    # -- parts

    def table(self, node: exp.Expression) -> Table:
        if isinstance(node, exp.Subquery):
            return Table("", node.alias, self.query(node))
        return Table(_identifier(node.name), node.alias)

    def outputs(self, nodes: list[exp.Expression]) -> tuple[Output, ...]:
        out = []
        for node in nodes:
            if isinstance(node, exp.Star):
                out.append(Output("", None))
            elif isinstance(node, exp.Column) and isinstance(node.this, exp.Star):
                out.append(Output(node.table, None))
            else:
                out.append(Output(_label(node), self.expr(node)))
        return tuple(out)

    def assignments(self, nodes: list[exp.Expression]) -> tuple[Assignment, ...]:
        out: list[Assignment] = []
        for node in nodes:
            if not isinstance(node, exp.EQ):
                continue
            left, right = node.this, node.expression
            if isinstance(left, (exp.Tuple, exp.Paren)) and isinstance(right, exp.Tuple):
                names = left.expressions or [left.this]
                out += [(name.name, self.expr(value)) for name, value in zip(names, right.expressions, strict=False)]
            else:
                out.append((_identifier(left.name), self.expr(right)))
        return tuple(out)

    def condition(self, node: exp.Expression) -> Expr:
        return self.expr(node)

    def expr(self, node: exp.Expression) -> Expr:
        self.depth += 1
        try:
            if self.depth > _DEPTH_LIMIT:
                return Unknown(node.sql()[:200])
            return self._expr(node)
        finally:
            self.depth -= 1

    def _expr(self, node: exp.Expression) -> Expr:
        while isinstance(node, (exp.Paren, exp.Cast, exp.Alias, exp.Collate)):
            node = node.this
        if isinstance(node, (exp.Placeholder, exp.Parameter)):
            return _placeholder(node.name)
        if isinstance(node, exp.Column):
            table = node.table
            return Col(_identifier(node.name), "excluded" if table.lower() == "excluded" else table)
        if isinstance(node, exp.Identifier):
            return Col(_identifier(node.name))
        if isinstance(node, exp.Literal):
            return Lit(node.name) if node.is_string else Lit(_number(node.name))
        if isinstance(node, exp.Boolean):
            return Lit(bool(node.this))
        if isinstance(node, exp.Null):
            return Lit(None)
        if isinstance(node, exp.Neg):
            inner = self.expr(node.this)
            if isinstance(inner, Lit) and isinstance(inner.value, (int, float)):
                return Lit(-inner.value)
            return Op("-", (Lit(0), inner))
        if isinstance(node, exp.And):
            return Op("and", tuple(self.expr(part) for part in _conjuncts(node)))
        if isinstance(node, exp.Not):
            return Op("not", (self.expr(node.this),))
        if isinstance(node, exp.Is):
            return self.is_(node)
        if isinstance(node, exp.In):
            return self.in_(node)
        if isinstance(node, exp.Between):
            low, high = node.args["low"], node.args["high"]
            value = self.expr(node.this)
            return Op("and", (Op(">=", (value, self.expr(low))), Op("<=", (value, self.expr(high)))))
        if isinstance(node, exp.Exists):
            query = self.query(node.this)
            return Op("exists", (Sub(query),)) if query else Unknown(node.sql())
        if isinstance(node, exp.Any):
            return Op("any", (self.expr(node.this),))
        if isinstance(node, (exp.Subquery, exp.Select)):
            query = self.query(node)
            return Sub(query) if query else Unknown(node.sql())
        if isinstance(node, exp.AggFunc):
            inner = node.this
            args = () if inner is None or isinstance(inner, exp.Star) else (self.expr(inner),)
            return Op(f"agg:{type(node).__name__.lower()}", args)
        if isinstance(node, exp.Case):
            return self.case(node)
        for kind, name in _BINARY.items():
            if type(node) is kind:
                return self.binary(name, node)
        if isinstance(node, exp.Anonymous):
            return self.function(node.name, node.expressions)
        if isinstance(node, exp.Func):
            args_ = [a for a in _flat(node.args.values()) if isinstance(a, exp.Expression)]
            return self.function(node.sql_name(), args_)
        return Unknown(node.sql(), tuple(_placeholder(p.name) for p in node.find_all(exp.Placeholder)))

    def binary(self, name: str, node: exp.Expression) -> Expr:
        left, right = self.expr(node.this), self.expr(node.expression)
        if name == "=" and isinstance(right, Op) and right.name == "any":
            return Op("in", (left, *right.args))
        if isinstance(right, Col) and isinstance(left, (Param, Lit)) and name in _MIRROR:
            return Op(_MIRROR[name], (right, left))
        test = Op(name, (left, right))
        return Op("not", (test,)) if node.args.get("negate") else test

    def is_(self, node: exp.Expression) -> Expr:
        value = self.expr(node.this)
        inside = isinstance(node.expression, exp.Not)
        other = node.expression.this if inside else node.expression
        negated = inside or bool(node.args.get("negate"))
        test = Op("isnull", (value,)) if isinstance(other, exp.Null) else Op("=", (value, self.expr(other)))
        return Op("not", (test,)) if negated else test

    def in_(self, node: exp.Expression) -> Expr:
        value = self.expr(node.this)
        query = node.args.get("query")
        if query is not None:
            select = self.query(query)
            return Op("in", (value, Sub(select))) if select else Unknown(node.sql())
        return Op("in", (value, *(self.expr(item) for item in node.expressions)))

    def case(self, node: exp.Case) -> Expr:
        """case(condition, value, condition, value, ..., default)"""
        args: list[Expr] = []
        subject = self.expr(node.this) if node.this is not None else None
        for branch in node.args.get("ifs") or ():
            test = self.expr(branch.this)
            args += [
                Op("=", (subject, test)) if subject is not None else test,
                self.expr(branch.args["true"]),
            ]
        default = node.args.get("default")
        return Op("case", (*args, self.expr(default) if default is not None else Lit(None)))

    def function(self, name: str, nodes: list[exp.Expression]) -> Expr:
        if name.upper() == "VALUES" and len(nodes) == 1:
            return Col(nodes[0].name, "excluded")
        return Op(f"fn:{name.lower()}", tuple(self.expr(node) for node in nodes))


_MIRROR = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _flat(values: object) -> Iterator[object]:
    for value in values:  # type: ignore[attr-defined]
        if isinstance(value, list):
            yield from value
        else:
            yield value


def _placeholder(name: str) -> Expr:
    if name.startswith("kp_"):
        return Param(int(name[3:]))
    return Param(name.removeprefix("kpn_"))


def _identifier(name: str) -> str:
    return f"?{name[8:]}" if name.startswith("kpident_") else name


def _label(node: exp.Expression) -> str:
    """The name under which a client sees a result column."""
    if node.alias_or_name and isinstance(node, (exp.Alias, exp.Column)):
        return _identifier(node.alias_or_name)
    inner = node
    while isinstance(inner, (exp.Cast, exp.Paren)):
        inner = inner.this
    if isinstance(inner, exp.Column):
        return _identifier(inner.name)
    if isinstance(inner, exp.Anonymous):
        return inner.name.lower()
    if isinstance(inner, exp.Func):
        return inner.sql_name().lower()
    return "?column?"


def _number(text: str) -> int | float:
    return int(text) if text.isdecimal() else float(text)


def _advisory(select: Select) -> Lock | Unlock | None:
    """`SELECT pg_advisory_xact_lock(k)`, `SELECT GET_LOCK(name, timeout)` and their counterparts."""
    if not select.columns or not isinstance(select.columns[0].expr, Op):
        return None
    call, label = select.columns[0].expr, select.columns[0].name
    name = call.name.removeprefix("fn:")
    found = _ADVISORY.match(name)
    if found:
        scope, mode = ("xact" if found[2] else "session"), ("share" if found[3] else "exclusive")
        return Lock("advisory", call.args, scope, mode, wait=not found[1], column=label)
    if name in ("pg_advisory_unlock", "pg_advisory_unlock_shared", "release_lock"):
        return Unlock(call.args[:1] if name == "release_lock" else call.args, label)
    if name in ("pg_advisory_unlock_all", "release_all_locks"):
        return Unlock((), label)
    if name == "get_lock":
        return Lock("advisory", call.args[:1], "session", column=label)
    return None
