"""The external store as TypeScript models see it: handles with native methods, and values carried across.

Strategy: `database` and `kv` make handles whose methods are native functions, on one store per name and
execution; `StoreHost` answers the store's questions with the machine's terms and world. WHERE
objects of all mappers (Prisma, Mongo, TypeORM and Sequelize operators, plain equality) and the trees of
builders become expressions of `sql.py` in one place, `condition`; data objects (increment, $inc, fragments of
SQL) in `assignments`.

Rules:
* A model calls a method inside the function that it gives to `io`; `Blocked` unwinds to it when the operation
  has to wait, and the function runs again from its start: nothing before the method may count.
* A row is a `JsObject` whose columns are asked when they are read; the read is that of its query's instant.
* Errors of the store are thrown as what the model's `error(kind, table, columns)` makes of them.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from krepis.twin.typescript import sql, terms
from krepis.twin.typescript.intrinsics import attempt
from krepis.twin.typescript.schema import EMPTY, Schema, TableInfo, column_name, merge
from krepis.twin.typescript.sql import Col, Expr, Lit, Op, Param, Sub, Unknown
from krepis.twin.typescript.store import (
    Affected,
    Blocked,
    Database,
    KeyValue,
    Query,
    Rows,
    RowView,
    StoreError,
    Tx,
)
from krepis.twin.typescript.store_host import MachineHost
from krepis.twin.typescript.values import (
    UNDEFINED,
    Accessor,
    JsArray,
    JsFunction,
    JsObject,
    JsThrow,
    Rest,
    Term,
    Value,
    raw,
    tagged,
    tags_of,
)

if TYPE_CHECKING:
    from krepis.twin.typescript.machine import Access, Frame, Machine


class Instant:
    """One moment of one statement: where in the program, and the reads already logged for it."""

    __slots__ = ("ctrl", "frame", "reads", "site", "spare")

    def __init__(self, frame: Frame, site: int) -> None:
        self.frame = frame
        self.ctrl = frame.ctrl
        self.site = site
        self.reads: dict[Any, Access] = {}
        self.spare: dict[Any, list[Access]] = {}


SPARE_READS = 4
"""Columns of a row whose later use is logged one by one as reads of the query's instant; more share `*`."""


class StoreHost(MachineHost):
    """`store.Host` on a machine, for values that the program goes on using.

    `site` is the syntax node of the operation in progress. A column may be asked long after its row was read:
    places in the log are kept free at the query's instant and filled when the column is used.
    """

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.site = 0
        self.instant: Instant | None = None

    def fresh(self, name: str) -> Value:
        return self.R.fresh(name, self.site)

    def ask(self, question: Value, first: bool = True) -> bool:
        return self.R.truth(raw(question), self.site, first)

    def is_null(self, value: Value, likely: bool = False) -> bool:
        return self.R.nullish(raw(value), self.site, likely)

    def strip(self, value: Value) -> Value:
        value = self.R.canon(raw(value))
        return clone(self.R, value) if isinstance(value, JsObject) else value

    def key(self, value: Value) -> Value:
        value = raw(value)
        if isinstance(value, JsObject):
            return self.R.term("object", repr(self.R.snapshot(value)))
        return super().key(value)

    def elements(self, value: Value) -> Sequence[Value] | None:
        found = super().elements(value)
        return None if found is None else [raw(item) for item in found]

    def carry(self, value: Value, sources: Sequence[Value]) -> Value:
        tags = 0
        for source in sources:
            tags |= self.R.deep_tags(source)
        return tagged(value, tags)

    def now(self) -> Instant:
        if self.instant is None:
            self.instant = Instant(self.R.frame, self.site)
        return self.instant

    def note_read(self, loc: tuple[Any, ...], value: Value, at: Instant) -> Value:
        R = self.R
        if not R.tracking:
            return value
        access = at.reads.get(loc)
        if access is None:
            if at is self.instant:
                R.note_read(loc, value, at.site)
                access = R.log[-1]
                if loc[0] == "row" and loc[3] == "*":
                    at.spare[loc[:3]] = [self._reserve(at) for _ in range(SPARE_READS)]
                    R.reads.add(loc[:3])
            else:
                access = self._fill(loc, value, at)
            if access is None:
                return value
            at.reads[loc] = access
        return tagged(value, 1 << access.index)

    def _reserve(self, at: Instant) -> Access:
        access = self.R._log("-", ("spare",), None, at.site)
        access.frame, access.root = at.frame, at.frame.root
        return access

    def _fill(self, loc: tuple[Any, ...], value: Value, at: Instant) -> Access | None:
        spare = at.spare.get(loc[:3])
        if not spare:
            return at.reads.get((*loc[:3], "*"))
        access = spare.pop(0)
        access.kind, access.loc, access.value = "R", loc, value
        self.R.reads.add(loc)
        return access

    def contend(self, key: tuple[Any, ...], shared: bool) -> None:
        (self.R.reads if shared else self.R.writes).add(("row lock", *key))

    def note_write(self, loc: tuple[Any, ...], value: Value, at: Instant) -> None:
        R = self.R
        saved = R.frame
        R.frame = at.frame
        before = len(R.log)
        R.note_write(loc, raw(value), at.site, R.deep_tags(value))
        if len(R.log) > before:
            R.log[-1].ctrl |= at.ctrl
            if loc[0] == "row":
                R.writes.add(loc[:3])
        R.frame = saved


def clone(machine: Machine, value: Value, depth: int = 6) -> Value:
    """A structured copy: what a database keeps of an object."""
    value = raw(value)
    if not isinstance(value, JsObject) or isinstance(value, JsFunction) or depth == 0:
        return value
    if isinstance(value, JsArray):
        items = [i if isinstance(i, Rest) else clone(machine, i, depth - 1) for i in value.items]
        return machine.new_array(items)
    copy = machine.new_object()
    copy.proto = value.proto
    for name, item in value.props.items():
        if item.__class__ is not Accessor:
            copy.props[name] = clone(machine, item, depth - 1)
    return copy


# -- rows

_NOT_COLUMNS = frozenset(
    {"reload", "then", "catch", "finally", "toJSON", "constructor", "__proto__", "prototype", "toString"}
)


class Columns(dict[Any, Any]):
    """The properties of a row: columns appear when they are asked for."""

    def __init__(self, view: RowView, machine: Machine, owner: JsObject) -> None:
        super().__init__()
        self.view = view
        self.machine = machine
        self.owner = owner
        self.loaded: dict[str, Value] = {}

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        if not isinstance(name, str) or not name or name[0] in "$#" or name in _NOT_COLUMNS:
            return False
        if name.startswith("__") and name != "__v":
            return False
        proto = self.owner.proto
        while proto is not None:
            if name in proto.props:
                return False
            proto = proto.proto
        return True

    def __missing__(self, name: Any) -> Value:
        if name not in self:
            raise KeyError(name)
        value = self.view.get(name)
        if isinstance(raw(value), JsObject):
            value = tagged(clone(self.machine, value), tags_of(value))
        self.loaded[name] = raw(value)
        self[name] = value
        return value

    def get(self, name: Any, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 (this is what `get` means here)

    def changed(self) -> dict[str, Value]:
        """The properties that the program has set since they were loaded, or in whose value it has set something."""
        machine = self.machine
        within: dict[str, Value] = {}
        for name, value in self.items():
            v = raw(value)
            if v.__class__ is Term and name in self.loaded and self.loaded[name] is v and (parts := machine.changes(v)):
                pictures = tuple((machine.canon(part), machine.snapshot(o)) for part, o in parts)
                tags = tags_of(value)
                for _, o in parts:
                    tags |= machine.deep_tags(o)
                within[name] = tagged(machine.term("with", v, pictures), tags)
        return within | {
            name: value
            for name, value in self.items()
            if isinstance(name, str)
            and value.__class__ is not Accessor
            and not isinstance(raw(value), JsFunction)
            and (name not in self.loaded or raw(value) is not self.loaded[name])
        }

    def saved(self, view: RowView) -> None:
        self.view = view
        self.loaded = {name: raw(value) for name, value in self.items() if isinstance(name, str)}


def row_object(machine: Machine, view: RowView, proto: JsObject | None = None) -> JsObject:
    """A row as an object; its class's methods come from `proto`."""
    row = machine.new_object()
    if proto is not None:
        row.proto = proto
    row.props = Columns(view, machine, row)
    return row


def copy_columns(machine: Machine, source: JsObject, target: JsObject) -> None:
    """`{ ...row }`: every column of the row, as it was read, also those that were not asked for."""
    columns = columns_of(source)
    if columns is not None:
        copied = Columns(columns.view, machine, target)
        copied.update(target.props)
        copied.loaded = dict(columns.loaded)
        target.props = copied


def load(value: JsObject) -> None:
    """Makes every column that is known of a row a property: those that were written, or name it."""
    columns = columns_of(value)
    if columns is not None:
        for name in columns.view.known():
            columns.get(name)


def columns_of(value: Value) -> Columns | None:
    """The columns behind a row object, or None for any other value."""
    value = raw(value)
    return value.props if isinstance(value, JsObject) and isinstance(value.props, Columns) else None


# -- conditions and assignments

_COMPARE = {
    "equals": "=", "eq": "=", "$eq": "=", "not": "<>", "ne": "<>", "$ne": "<>",
    "lt": "<", "$lt": "<", "lte": "<=", "$lte": "<=", "gt": ">", "$gt": ">", "gte": ">=", "$gte": ">=",
}  # fmt: skip
_SETS = {"in": True, "$in": True, "notIn": False, "$nin": False, "$notIn": False}
_TEXT = frozenset(
    {"contains", "startsWith", "endsWith", "has", "hasSome", "hasEvery", "isEmpty", "search", "some", "every"}
    | {
        "none",
        "path",
        "string_contains",
        "$regex",
        "$like",
        "$iLike",
        "$elemMatch",
        "$size",
        "$all",
        "$mod",
        "$type",
    }
)
_IGNORED = frozenset({"mode", "$options", "relationLoadStrategy"})
_RELATIVE = {"increment": "+", "$inc": "+", "decrement": "-", "multiply": "*", "$mul": "*", "divide": "/"}


def entries(value: Value) -> list[tuple[str, Value]]:
    """The own enumerable properties of an object."""
    value = raw(value)
    if not isinstance(value, JsObject) or isinstance(value, JsArray):
        return []
    return [(name, v) for name, v in list(value.props.items()) if isinstance(name, str) and v.__class__ is not Accessor]


def items(value: Value) -> list[Value]:
    """The known elements of an array; a single value counts as one."""
    inner = raw(value)
    if isinstance(inner, JsArray):
        return [item for item in inner.items if not isinstance(item, Rest)]
    return [] if inner is UNDEFINED or inner is None else [value]


def _is_plain(value: Value) -> bool:
    inner = raw(value)
    return (
        isinstance(inner, JsObject)
        and not isinstance(inner, (JsArray, JsFunction))
        and inner.class_name in ("", "Object")
        and columns_of(inner) is None
    )


def _prop(value: Value, name: str) -> Value:
    inner = raw(value)
    return inner.props.get(name, UNDEFINED) if isinstance(inner, JsObject) else UNDEFINED


def tree(value: Value, dialect: str) -> Expr | None:
    """A builder's own expression: {col}, {op, args}, {sql, params}; None for anything else."""
    if not _is_plain(value):
        return None
    if raw(_prop(value, "__col")) is not UNDEFINED:
        return Col(named_column(value))
    name = raw(_prop(value, "__op"))
    if isinstance(name, str):
        parts = items(_prop(value, "args"))
        if name in ("and", "or", "not"):
            return Op(name, tuple(_all(condition(part, dialect)) for part in parts))
        return Op(name, tuple(expression(part, dialect) for part in parts))
    text = raw(_prop(value, "__sql"))
    if text is not UNDEFINED:
        return fragment(text, _prop(value, "params"), dialect)
    return None


def named_column(value: Value) -> str:
    """The name of a column given as text, as {__col}, or as `table.column` of a table declared elsewhere."""
    inner = raw(value)
    while isinstance(inner, JsObject):
        inner = raw(_prop(inner, "__col"))
    if inner.__class__ is Term and inner.op == "." and isinstance(inner.args[1], str):
        inner = inner.args[1]
    return inner if isinstance(inner, str) else ""


def template(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """template(strings, values): {__sql, params} of a tagged template, columns and fragments put in place."""
    texts, values = items(args[0]), items(args[1])
    out = [str(raw(texts[0])) if texts else ""]
    params: list[Value] = []
    for value, text in zip(values, texts[1:], strict=False):
        inner = raw(value)
        column = named_column(value)
        foreign = inner.__class__ is Term and inner.op == "." and inner.args[0].__class__ is Term
        nested = raw(_prop(value, "__sql"))
        if isinstance(nested, str):
            out.append(_renumbered(nested, len(params)))
            params += items(_prop(value, "params"))
        elif column and (isinstance(inner, JsObject) or (foreign and inner.args[0].op == "dep")):
            out.append(column)
        elif isinstance(raw(_prop(value, "__table")), str):
            out.append(str(raw(_prop(value, "__table"))))
        else:
            params.append(value)
            out.append(f"${len(params)}")
        out.append(str(raw(text)))
    made = machine.new_object()
    made.props.update(__sql="".join(out), params=machine.new_array(params))
    return made


def _renumbered(text: str, by: int) -> str:
    return re.sub(r"\$(\d+)", lambda found: f"${int(found[1]) + by}", text)


def expression(value: Value, dialect: str) -> Expr:
    """A builder's tree, or a run-time value as it is."""
    found = tree(value, dialect)
    if found is not None:
        return found
    return Lit(None if raw(value) is UNDEFINED else value)


def fragment(text: Value, params: Value, dialect: str) -> Expr:
    """A condition or value written in SQL, its parameters bound."""
    shown, holes = flat_text(text)
    shown = shown.replace(":...", ":")
    statements = sql.parse(f"SELECT 1 FROM t WHERE {shown}", dialect)
    if len(statements) == 1 and isinstance(statements[0], sql.Select) and statements[0].where:
        where = statements[0].where
        whole = where[0] if len(where) == 1 else Op("and", where)
        return bind(whole, params, holes)
    return Unknown(shown, tuple(Lit(item) for item in [*items(params), *holes.values()]))


def flat_text(text: Value) -> tuple[str, dict[str, Value]]:
    """SQL text whose unknown parts are named placeholders, and their values."""
    text = raw(text)
    if isinstance(text, str):
        return text, {}
    holes: dict[str, Value] = {}
    if text.__class__ is Term and text.op == "tmpl":
        out = []
        for part in text.args:
            if isinstance(part, str):
                out.append(part)
            else:
                name = f"hole{len(holes)}"
                holes[name] = part
                out.append(f":{name}" if not (out and out[-1].endswith(("'", '"'))) else f"{name}")
        return "".join(out), holes
    return "", {}


def bind(expr: Expr, params: Value, holes: dict[str, Value]) -> Expr:
    """The expression with its parameters replaced by run-time values (an array, or an object of names)."""
    if isinstance(expr, Param):
        if isinstance(expr.index, str) and expr.index in holes:
            return Lit(holes[expr.index])
        inner = raw(params)
        if isinstance(inner, JsArray):
            at = expr.index - 1 if isinstance(expr.index, int) else -1
            if 0 <= at < len(inner.items) and not isinstance(inner.items[at], Rest):
                value = inner.items[at]
                return tree(value, "postgres") or Lit(None if raw(value) is UNDEFINED else value)
            for item in inner.items:
                if isinstance(expr.index, str) and raw(_prop(item, expr.index)) is not UNDEFINED:
                    return Lit(_prop(item, expr.index))
            return expr
        value = _prop(inner, str(expr.index))
        return expr if raw(value) is UNDEFINED else Lit(value)
    if isinstance(expr, Op):
        return Op(expr.name, tuple(bind(arg, params, holes) for arg in expr.args))
    if isinstance(expr, Unknown):
        return Unknown(expr.text, tuple(bind(arg, params, holes) for arg in expr.args))
    if isinstance(expr, Sub):
        return Sub(bind_select(expr.select, params, holes))
    return expr


def bind_select(select: sql.Select, params: Value, holes: dict[str, Value]) -> sql.Select:
    from dataclasses import replace

    limit = bind(select.limit, params, holes) if select.limit is not None else None
    return replace(
        select,
        where=tuple(bind(c, params, holes) for c in select.where),
        limit=Lit(raw(limit.value)) if isinstance(limit, Lit) else limit,
        columns=tuple(o if o.expr is None else sql.Output(o.name, bind(o.expr, params, holes)) for o in select.columns),
    )


def condition(value: Value, dialect: str) -> list[Expr]:
    """A WHERE of any mapper as conditions that must all hold."""
    found = tree(value, dialect)
    if found is not None:
        return list(found.args) if isinstance(found, Op) and found.name == "and" else [found]
    inner = raw(value)
    by_id = _prop(inner, "__id")
    if raw(by_id) is not UNDEFINED:
        return condition(by_id, dialect) if _is_plain(by_id) else compare(Col("id"), by_id, dialect)
    if isinstance(inner, JsArray):
        choices = [_all(condition(item, dialect)) for item in items(inner)]
        return [choices[0] if len(choices) == 1 else Op("or", tuple(choices))] if choices else []
    out: list[Expr] = []
    if inner.__class__ is Term:
        return [Unknown("matches", (Lit(inner),))]
    for name, v in entries(inner):
        out += _member(name, v, dialect)
    return out


def _all(conditions: list[Expr]) -> Expr:
    return conditions[0] if len(conditions) == 1 else Op("and", tuple(conditions))


def _member(name: str, value: Value, dialect: str) -> list[Expr]:
    """The conditions of one property of a WHERE object."""
    inner = raw(value)
    if inner is UNDEFINED:
        return []
    if name in ("AND", "$and"):
        return [c for item in items(value) for c in condition(item, dialect)]
    if name in ("OR", "$or"):
        choices = tuple(_all(condition(item, dialect)) for item in items(value))
        return [choices[0] if len(choices) == 1 else Op("or", choices)] if choices else []
    if name in ("NOT", "$nor"):
        return [Op("not", (_all(condition(item, dialect)),)) for item in items(value)]
    if name in ("$expr", "$where", "$text"):
        return [Unknown(name, (Lit(value),))]
    return compare(_field(name, dialect), value, dialect)


def _field(name: Value, dialect: str) -> Expr:
    """A column, or for a path of MongoDB (`stats.views`) what is there within the column."""
    path = _path(name) if dialect == "mongodb" else ()
    return Op("part", (Col(path[0]), *map(Lit, path[1:]))) if len(path) > 1 else Col(name)


def _path(name: Value) -> tuple[Any, ...]:
    """The parts of a name with dots; what is unknown of it is part of one."""
    if isinstance(name, str):
        return tuple(name.split("."))
    pieces: list[list[Any]] = [[]]
    for part in name.args if isinstance(name, Term) and name.op == "tmpl" else (name,):
        first, *others = part.split(".") if isinstance(part, str) else (part,)
        pieces[-1] += [first] if first != "" else []
        pieces += [[other] if other else [] for other in others]
    return tuple([piece[0] if len(piece) == 1 else terms.concat(piece) for piece in pieces])


def compare(column: Expr, value: Value, dialect: str) -> list[Expr]:
    """`column: value` where the value may be an operator object of any mapper."""
    inner = raw(value)
    if inner is None:
        return [Op("isnull", (column,))]
    found = tree(value, dialect)
    if found is not None:
        return [_fill(found, column)]
    if isinstance(inner, JsArray):
        return [Op("in", (column, Lit(value)))]
    if not _is_plain(value):
        return [Op("=", (column, Lit(value)))]
    parts = entries(value)
    known = [name for name, _ in parts if name in _COMPARE or name in _SETS or name in _TEXT or name in
             ("is", "isNot", "$exists", "$not", "$between", "$is", "isNull", *_IGNORED)]  # fmt: skip
    if not known:
        if not isinstance(column, Col) or "." in column.name or not parts:
            return [Op("=", (column, Lit(value)))]
        if len(parts) == 1 and parts[0][0] in ("id", "_id"):
            return compare(Col(f"{column.name}Id"), parts[0][1], dialect)
        return [c for name, v in parts for c in _member(name, v, dialect)]
    out: list[Expr] = []
    for name, v in parts:
        if raw(v) is UNDEFINED or name in _IGNORED:
            continue
        if name in _COMPARE:
            op = _COMPARE[name]
            if raw(v) is None:
                null = Op("isnull", (column,))
                out.append(null if op == "=" else Op("not", (null,)))
            elif op == "<>" and _is_plain(v) and tree(v, dialect) is None:
                out.append(Op("not", (_all(compare(column, v, dialect)),)))
            else:
                out.append(Op(op, (column, expression(v, dialect))))
        elif name in _SETS:
            member = Op("in", (column, Lit(v)))
            out.append(member if _SETS[name] else Op("not", (member,)))
        elif name in ("$exists", "isNull"):
            null = Op("isnull", (column,))
            out.append(null if (raw(v) is False) == (name == "$exists") else Op("not", (null,)))
        elif name == "$not":
            out.append(Op("not", (_all(compare(column, v, dialect)),)))
        elif name in ("is", "$is"):
            out += compare(column, v, dialect)
        elif name == "isNot":
            out.append(Op("not", (_all(compare(column, v, dialect)),)))
        elif name == "$between":
            low, high = (*items(v), UNDEFINED, UNDEFINED)[:2]
            out += [Op(">=", (column, Lit(low))), Op("<=", (column, Lit(high)))]
        else:
            out.append(Op(name.lstrip("$"), (column, Lit(_shown(v)))))
    return out


def _shown(value: Value) -> Value:
    """A value that only has to be recognised again."""
    inner = raw(value)
    if isinstance(inner, JsObject):
        return "{" + ", ".join(f"{name}: {_shown(v)}" for name, v in entries(inner)) + "}"
    return value


def _fill(expr: Expr, column: Expr) -> Expr:
    """Puts the column where an operator object left a gap (a column without a name)."""
    if isinstance(expr, Col) and not expr.name:
        return column
    if isinstance(expr, Op):
        return Op(expr.name, tuple(_fill(arg, column) for arg in expr.args))
    return expr


def assignments(
    machine: Machine, data: Value, params: Value, dialect: str, s: int, inserting: bool = False
) -> list[sql.Assignment]:
    """The columns that an update (or an insert) sets, in any mapper's way of saying so."""
    out: list[sql.Assignment] = []
    for name, value in entries(data):
        inner = raw(value)
        if inner is UNDEFINED:
            continue
        if name == "$setOnInsert" and not inserting:
            continue
        if name.startswith("$"):
            inside = raw(value)
            columns = [*inside.props.items()] if isinstance(inside, JsObject) else []
            for column, v in columns:
                path = _path(column) if isinstance(column, str | Term) and v.__class__ is not Accessor else ()
                if path and isinstance(path[0], str):
                    given = _mongo(name, _field(column, dialect), v, dialect)
                    whole = (Col(path[0]), *map(Lit, path[1:]), given)
                    out.append((path[0], given if len(path) == 1 else Op("put", whole)))
        else:
            found = assignment(machine, name, value, params, dialect, s)
            if found is not None:
                out.append(found)
    return out


def _mongo(operator: str, field: Expr, value: Value, dialect: str) -> Expr:
    if operator in ("$set", "$setOnInsert"):
        return expression(value, dialect)
    if operator == "$unset":
        return Lit(None)
    if operator == "$currentDate":
        return Op("fn:now", ())
    if operator in _RELATIVE:
        return Op(_RELATIVE[operator], (field, expression(value, dialect)))
    return Op(operator[1:], (field, Lit(value)))


def assignment(machine: Machine, name: str, value: Value, params: Value, dialect: str, s: int) -> sql.Assignment | None:
    """One column of an update; None for what is not a column (nested writes)."""
    inner = raw(value)
    if isinstance(inner, JsFunction) and inner.code is not None:
        text = machine.call(inner, UNDEFINED, [], s)
        return name, fragment(text, params, dialect)
    found = tree(value, dialect)
    if found is not None:
        return name, found
    if _is_plain(value):
        parts = dict(entries(value))
        for operator in ("increment", "decrement", "multiply", "divide"):
            if operator in parts:
                return name, Op(_RELATIVE[operator], (Col(name), expression(parts[operator], dialect)))
        if "set" in parts:
            return name, Lit(parts["set"])
        if "push" in parts:
            return name, Op("push", (Col(name), Lit(parts["push"])))
        if "connect" in parts:
            target = entries(parts["connect"])
            return (f"{name}Id", Lit(target[0][1])) if target else None
        if "create" in parts or "connectOrCreate" in parts or "deleteMany" in parts or "createMany" in parts:
            return None
        if "disconnect" in parts:
            return f"{name}Id", Lit(None)
    return name, Lit(value)


def plain_data(machine: Machine, data: Value, dialect: str, s: int) -> dict[str, Value]:
    """The columns of an insert as run-time values."""
    out: dict[str, Value] = {}
    for name, expr in assignments(machine, data, UNDEFINED, dialect, s, inserting=True):
        if isinstance(expr, Lit):
            if not isinstance(raw(expr.value), JsFunction):
                out[name] = None if raw(expr.value) is UNDEFINED else expr.value
        elif isinstance(expr, Op) and len(expr.args) == 2 and expr.args[0] == Col(name):
            out[name] = expr.args[1].value if isinstance(expr.args[1], Lit) else None
        else:
            out[name] = machine.term("sql", *(_texts(expr)))
    return out


def _texts(expr: Expr) -> Iterator[Value]:
    if isinstance(expr, Lit):
        yield raw(expr.value)
    elif isinstance(expr, (Op, Unknown)):
        yield expr.name if isinstance(expr, Op) else expr.text
        for arg in expr.args:
            yield from _texts(arg)
    elif isinstance(expr, Col):
        yield expr.name


# -- handles


class Handle(JsObject):
    """An object of the model that stands for something of ours: a transaction, a session."""

    __slots__ = ("target",)

    def __init__(self, machine: Machine, target: Any) -> None:
        super().__init__(machine.ident(), machine.protos["Object"])
        self.owner = machine.act
        self.target = target


class Connection:
    """A database with the host it asks and the model's way to make errors."""

    def __init__(self, machine: Machine, kind: str, dialect: str) -> None:
        schema = getattr(machine.program, "schema", EMPTY) or EMPTY
        self.host = StoreHost(machine)
        self.database = Database(self.host, kind, dialect, schema)
        self.error: Value = UNDEFINED
        self.dialect = dialect

    def run(self, machine: Machine, tx: Tx | None, s: int, action: Callable[[], Value]) -> Value:
        """One operation at one instant; its errors become the library's."""
        self.host.site, self.host.instant = s, None
        try:
            return action()
        except StoreError as error:
            self.database.fail(tx)
            raise JsThrow(self._made(machine, error, s)) from None
        finally:
            self.host.instant = None

    def _made(self, machine: Machine, error: StoreError, s: int) -> Value:
        if raw(self.error) is UNDEFINED:
            thrown = machine.error("Error", str(error)).value
            thrown.props["code"] = error.kind
            return thrown
        columns = machine.new_array(list(error.columns))
        return machine.call(self.error, UNDEFINED, [error.kind, error.table, columns], s)


Method = Callable[["Machine", Connection, list[Value], int], Value]


def database(machine: Machine, args: list[Value], s: int) -> JsObject:
    """database(kind, dialect, error): the handle of that database, the same one throughout an execution."""
    kind, dialect = str(raw(args[0])), str(raw(args[1]))
    error = args[2] if len(args) > 2 else UNDEFINED
    found = machine.stores.get(("db", kind))
    if found is None:
        found = Connection(machine, kind, dialect)
        found.error = error
        machine.stores["db", kind] = found
    handle = Handle(machine, found)
    for name, method in _METHODS.items():
        handle.props[name] = machine.native(name, _bound(found, method))
    handle.owner = machine.setup_act
    handle.props["dynamic"] = machine.native("dynamic", _dynamic)
    handle.props["lazy"] = machine.native("lazy", _lazy)
    handle.shared = True
    return handle


def _bound(connection: Connection, method: Method) -> Callable[..., Value]:
    def native(machine: Machine, this: Value, args: list[Value], s: int) -> Value:
        padded = [*args, *[UNDEFINED] * (6 - len(args))]
        tx = _tx(padded[0])
        return connection.run(machine, tx, s, lambda: method(machine, connection, padded, s))

    return native


def _tx(value: Value) -> Tx | None:
    inner = raw(value)
    target = inner.target if isinstance(inner, Handle) else None
    return target if isinstance(target, Tx) else None


def _table(connection: Connection, value: Value) -> str:
    """The name of a table; a class that stands for one says by its decorators what is unique in it."""
    entity = raw(value)
    if isinstance(entity, JsFunction) and entity.klass is not None:
        db, declared = connection.database, entity.klass.code.tables
        if any(info not in db.schema.tables.values() for info in declared.tables.values()):
            db.schema = merge(db.schema, declared)
    return _name(value)


def _name(value: Value) -> str:
    inner = raw(value)
    return inner if isinstance(inner, str) else terms_text(inner)


def terms_text(value: Value) -> str:
    """A table's name that the program computed: equal texts are equal tables."""
    if value.__class__ is Term:
        last = value.args[-1] if value.args else value.op
        return last if isinstance(last, str) else repr(value)
    if isinstance(value, JsObject) and not isinstance(value, JsFunction):
        return str(raw(value.props.get("__table", value.props.get("name", ""))))
    return str(getattr(value, "name", value))


def _options(value: Value) -> dict[str, Value]:
    return {name: raw(v) for name, v in entries(value)}


def _query(connection: Connection, table: Value, where: Value, options: dict[str, Value]) -> Query:
    lock = options.get("lock", UNDEFINED)
    return Query(
        _table(connection, table),
        tuple(condition(where, connection.dialect)),
        options.get("one") is True,
        options.get("must") is True,
        lock if lock in ("update", "share") else None,
        options.get("skipLocked") is True,
        options.get("nowait") is True,
    )


def _proto(machine: Machine, options: dict[str, Value], s: int) -> JsObject | None:
    cls = options.get("cls", UNDEFINED)
    if not isinstance(cls, JsFunction):
        return None
    proto = raw(machine.get(cls, "prototype", s))
    return proto if isinstance(proto, JsObject) else None


def _noted(connection: Connection, locations: Sequence[tuple[Any, ...]], at: Any, value: Value) -> Value:
    for loc in locations:
        value = connection.host.note_read(loc, value, at)
    return value


def _select(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    options = _options(args[3])
    query = _query(c, args[1], args[2], options)
    rows = c.database.find(_tx(args[0]), query)
    proto = _proto(machine, options, s)
    found = [row_object(machine, view, proto) for view in rows.rows]
    if query.one:
        return _noted(c, rows.seen, rows.at, found[0] if found else None)
    out: list[Value] = list(found)
    if rows.rest is not None:
        out.append(_rest(rows))
    return _noted(c, rows.seen, rows.at, machine.new_array(out))


def _insert(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    options = _options(args[3])
    proto = _proto(machine, options, s)
    table, tx = _table(c, args[1]), _tx(args[0])
    rows = items(args[2])
    if len(rows) == 1:
        view = c.database.insert(tx, table, _inserted(machine, c, table, rows[0], s))
        row = row_object(machine, view, proto)
        return machine.new_array([row]) if isinstance(raw(args[2]), JsArray) else row
    data = [_inserted(machine, c, table, row, s) for row in rows]
    if options.get("skipDuplicates") is True:
        views = c.database.atomically(
            tx, lambda inner: [c.database.upsert(inner, table, row, [], None)[0] for row in data]
        )
    else:
        views = c.database.atomically(tx, lambda inner: [c.database.insert(inner, table, row) for row in data])
    return machine.new_array([row_object(machine, view, proto) for view in views if view is not None])


def _inserted(machine: Machine, c: Connection, table: str, data: Value, s: int) -> dict[str, Value]:
    """The columns of a new row; of an unknown object, or one that it was spread into, those that rows are found by."""
    out = plain_data(machine, data, c.dialect, s)
    whole = raw(data)
    if isinstance(whole, Term) or (isinstance(whole, JsObject) and whole.term is not None):
        db = c.database
        table = db.table(table)
        known = {column_name(name) for name in out}
        sought = (
            name
            for key in [*db.keys.get(table, ()), *(((n, None),) for u in db.uniques(table) for n in u)]
            for name, _ in key
        )
        for name in dict.fromkeys(sought):
            if name not in known and name not in db.primary(table):
                value = machine.get(data, _CAMEL.sub(lambda m: m[1].upper(), name), s)
                if isinstance(raw(value), Term):
                    out[name] = value
    return out


_CAMEL = re.compile(r"_([a-z0-9])")


def _rest(rows: Rows) -> Rest:
    """The rows of a query that nothing touched. Those that something did may be elements of what it gave before."""
    base = rows.rest
    assert base is not None
    keys = [value.args[0] for key in rows.known for _, value in key if isinstance(value, Term) and value.op == "."]
    gone = [e.args[1] for e in keys if isinstance(e, Term) and e.op == "elem" and e.args[0] is base]
    return Rest(base, len(rows.known), frozenset(n for n in gone if n.__class__ is int))


def _affected(machine: Machine, done: Affected, proto: JsObject | None) -> JsObject:
    """{count, rows, before}: the rows as they are now, and as they were."""
    rest = [] if done.rest is None else [Rest(done.rest)]
    out = machine.new_object()
    out.props["count"] = done.count
    out.props["rows"] = machine.new_array([*(row_object(machine, view, proto) for view in done.rows), *rest])
    out.props["before"] = machine.new_array([row_object(machine, view, proto) for view in done.before])
    return out


def _update(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    options = _options(args[4])
    query = _query(c, args[1], args[2], options)
    named = assignments(machine, args[3], options.get("params", UNDEFINED), c.dialect, s)
    done = c.database.update(_tx(args[0]), query, [a for a in named if a[0]])
    return _affected(machine, done, _proto(machine, options, s))


def _remove(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    options = _options(args[3])
    done = c.database.delete(_tx(args[0]), _query(c, args[1], args[2], options))
    return _affected(machine, done, _proto(machine, options, s))


def _upsert(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """upsert(tx, table, where, create, update, options): `where` says which row, equalities only."""
    options = _options(args[5])
    table = _table(c, args[1])
    where = condition(args[2], c.dialect)
    keys: dict[str, Value] = {}
    for part in where:
        if (
            isinstance(part, Op)
            and part.name == "="
            and isinstance(part.args[0], Col)
            and isinstance(part.args[1], Lit)
        ):
            keys[part.args[0].name] = part.args[1].value
    data = {**keys, **plain_data(machine, args[3], c.dialect, s)}
    named = None
    if raw(args[4]) is not None:
        named = assignments(machine, args[4], UNDEFINED, c.dialect, s)
    view, what = c.database.upsert(_tx(args[0]), table, data, list(keys), named)
    if view is None:
        return None
    row = row_object(machine, view, _proto(machine, options, s))
    if options.get("verdict") is True:
        out = machine.new_object()
        out.props.update(row=row, created=what == "inserted")
        return out
    return row


def _count(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    return c.database.count(_tx(args[0]), _query(c, args[1], args[2], _options(args[3])))


def _aggregate(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """aggregate(tx, table, where, op, column)"""
    query = _query(c, args[1], args[2], {})
    return c.database.aggregate(_tx(args[0]), query, _name(args[3]), _name(args[4]))


def _save(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """save(tx, table, object, {check, cls}): a loaded row writes what changed, anything else is an upsert.

    `check` compares the declared version column and throws the model's 'stale' error when it moved on.
    """
    options = _options(args[3])
    tx, target = _tx(args[0]), raw(args[2])
    columns = columns_of(target)
    db = c.database
    if columns is not None:
        table = columns.view.table
        version = db.schema.info(table).version
        changed = columns.changed()
        if not changed:
            return args[2]
        where: list[Expr] = []
        named: list[sql.Assignment] = [(name, Lit(value)) for name, value in changed.items()]
        if version is not None and column_name(version) not in map(column_name, changed):
            if options.get("check") is True:
                where.append(Op("=", (Col(version), Lit(raw(columns.view.get(version))))))
            named.append((version, Op("+", (Col(version), Lit(1)))))
        must = options.get("check") is not True
        done = db.update(tx, Query(table, tuple(where), True, must, row=columns.view.row.key), named)
        if not done.rows:
            raise StoreError("stale", table)
        columns.saved(done.rows[0])
        return args[2]
    table = db.table(_table(c, args[1]))
    data = plain_data(machine, args[2], c.dialect, s)
    primary = db.primary(table)
    keyed = [name for name in data if db.column(table, name) in primary and data[name] is not None]
    if len(keyed) == len(primary):
        rest: list[sql.Assignment] = [(name, Lit(value)) for name, value in data.items() if name not in keyed]
        view, _ = db.upsert(tx, table, data, keyed, rest)
    else:
        data = _inserted(machine, c, table, args[2], s)
        view = db.insert(tx, table, {name: value for name, value in data.items() if value is not None})
    assert view is not None
    if isinstance(target, JsObject):
        adopt(machine, target, view)
        return args[2]
    return row_object(machine, view)


def adopt(machine: Machine, target: JsObject, view: RowView) -> None:
    """Makes an object that the program built the image of the row that now exists."""
    columns = Columns(view, machine, target)
    for name, value in target.props.items():
        columns[name] = value
    columns.saved(view)
    target.props = columns


def _reload(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """reload(tx, row): the row as it is now, in the same object."""
    columns = columns_of(args[1])
    if columns is not None:
        where = tuple(Op("=", (Col(name), Lit(value))) for name, value in columns.view.row.key)
        rows = c.database.find(_tx(args[0]), Query(columns.view.table, where, True, True)).rows
        if rows:
            columns.clear()
            columns.saved(rows[0])
    return args[1]


def _row_key(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """rowKey(object): equalities that name the row behind an object, or undefined."""
    columns = columns_of(args[0])
    if columns is None:
        return UNDEFINED
    out = machine.new_object()
    out.props.update(dict(columns.view.row.key))
    return out


def _begin(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    level = raw(args[0])
    return Handle(machine, c.database.begin(_isolation(level)))


def _batch(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """batch(level, functions): each gets the transaction; all of them at one instant, or none."""
    tx = c.database.begin(_isolation(raw(args[0])))
    handle = Handle(machine, tx)
    try:
        results = [machine.call(run, UNDEFINED, [handle], s) for run in items(args[1])]
        c.database.commit(tx)
    except (Blocked, JsThrow):
        c.database.rollback(tx)
        raise
    return machine.new_array(results)


def _isolation(level: Value) -> str | None:
    """`RepeatableRead`, `REPEATABLE READ`, `repeatable read` -> 'repeatable read'."""
    if not isinstance(level, str):
        return None
    text = column_name(level.replace(" ", "_").replace("-", "_")).replace("_", " ").strip()
    text = text if " " in text or text == "serializable" else level.lower().replace("_", " ")
    return text if text in ("read uncommitted", "read committed", "repeatable read", "serializable") else None


def _commit(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    tx = _tx(args[0])
    if tx is not None:
        c.database.commit(tx)
    return UNDEFINED


def _rollback(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    tx = _tx(args[0])
    if tx is not None:
        c.database.rollback(tx)
    return UNDEFINED


def _advisory(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """advisory(tx or session, key, {wait})"""
    owner = _tx(args[0]) or raw(args[0])
    return c.database.advisory_lock(owner, [args[1]], "exclusive", _options(args[2]).get("wait") is not False)


def _session(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """session(): a connection of its own, on which BEGIN and COMMIT as SQL text work (see `_sql`)."""
    return Handle(machine, Session())


class Session:
    """A connection: `tx` while a transaction is open on it."""

    def __init__(self) -> None:
        self.tx: Tx | None = None
        self.isolation: str | None = None


def _sql(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """sql(tx or session or null, text, params): {rows, rowCount, insertId, command} of the last statement."""
    inner = raw(args[0])
    session = inner.target if isinstance(inner, Handle) and isinstance(inner.target, Session) else None
    text, params = args[1], args[2]
    if isinstance(raw(text), JsObject):
        given = _prop(text, "values")
        params = given if raw(given) is not UNDEFINED else params
        text = next((_prop(text, n) for n in ("text", "sql", "query") if raw(_prop(text, n)) is not UNDEFINED), "")
    tags = tags_of(text)
    if tags and machine.tracking:
        machine.answer("the text of a statement", s, tags)
    shown, holes = flat_text(text)
    result: JsObject = _result(machine, [], 0)
    for statement in sql.parse(shown, c.dialect) if shown else (sql.Other(""),):
        tx = session.tx if session is not None else _tx(args[0])
        result = _statement(machine, c, session, tx, statement, params, holes, s)
        result.props["command"] = type(statement).__name__.upper()
    return result


def _result(machine: Machine, rows: list[Value], count: Value, ident: Value = UNDEFINED) -> JsObject:
    out = machine.new_object()
    out.props.update(rows=machine.new_array(rows), rowCount=count, insertId=ident)
    return out


def _statement(
    machine: Machine,
    c: Connection,
    session: Session | None,
    tx: Tx | None,
    statement: sql.Statement,
    params: Value,
    holes: dict[str, Value],
    s: int,
) -> JsObject:
    db = c.database

    def bound(conditions: tuple[Expr, ...]) -> tuple[Expr, ...]:
        return tuple(bind(part, params, holes) for part in conditions)

    def named(table: str) -> str:
        value = raw(_param(params, int(table[1:]))) if table.startswith("?") else table
        return value if isinstance(value, str) else terms_text(value)

    if isinstance(statement, sql.Select):
        return _run_select(machine, c, tx, bind_select(statement, params, holes))
    if isinstance(statement, sql.Insert):
        return _run_insert(machine, c, tx, statement, named(statement.table), params, holes, s)
    if isinstance(statement, (sql.Update, sql.Delete)):
        one = isinstance(statement.limit, Lit) and statement.limit.value == 1
        own = {statement.table, statement.alias, ""}
        where = tuple(part for part in bound(statement.where) if _local(part, own))
        query = Query(named(statement.table), where, one)
        if isinstance(statement, sql.Delete):
            done = db.delete(tx, query)
        else:
            done = db.update(tx, query, _bound_assignments(machine, c, statement.assignments, params, holes, s))
        rows: list[Value] = []
        if statement.returning:
            rows = [_output(machine, c, statement.returning, view) for view in done.rows]
            rows += [Rest(done.rest)] if done.rest is not None else []
        return _result(machine, rows, done.count)
    if isinstance(statement, sql.Begin):
        if session is not None and session.tx is None:
            session.tx = db.begin(statement.isolation or session.isolation)
    elif isinstance(statement, sql.SetIsolation):
        if session is not None and session.tx is None:
            session.isolation = statement.isolation
        elif tx is not None:
            db.set_isolation(tx, statement.isolation)
    elif isinstance(statement, sql.Commit) and tx is not None:
        db.commit(tx)
        if session is not None:
            session.tx = None
    elif isinstance(statement, sql.Rollback) and tx is not None:
        if statement.savepoint is not None:
            db.rollback_to(tx, statement.savepoint)
        else:
            db.rollback(tx)
            if session is not None:
                session.tx = None
    elif isinstance(statement, sql.Savepoint) and tx is not None:
        db.savepoint(tx, statement.name)
    elif isinstance(statement, sql.Lock):
        owner: Any = (tx or session or object()) if statement.scope == "xact" else (session or tx or object())
        if statement.kind == "table":
            target = statement.key[0]
            if isinstance(target, Lit):
                db.lock_table(owner, str(target.value), statement.mode, statement.wait)
        else:
            key = [db.evaluate(bind(part, params, holes), "", None) for part in statement.key]
            got = db.advisory_lock(owner, key, statement.mode, statement.wait)
            if got and statement.scope != "xact" and (session is not None or tx is None):
                machine.kept[id(session), str(key)] = (machine.frame, s)
            row = machine.new_object()
            row.props[statement.column] = got
            return _result(machine, [row], 1)
    elif isinstance(statement, sql.Unlock):
        if session is None and tx is None:
            machine.given_back = True  # as far as the program knows: another connection of the pool holds it
        else:
            key = [db.evaluate(bind(part, params, holes), "", None) for part in statement.key]
            db.advisory_unlock(session or tx, key or None)
            machine.given_back = True
            for held in [k for k in machine.kept if k[0] == id(session) and (not key or k[1] == str(key))]:
                del machine.kept[held]
    elif isinstance(statement, sql.Other):
        return _result(machine, [Rest(machine.term("rows", statement.text))], machine.term("affected", statement.text))
    return _result(machine, [], 0)


def _local(expr: Expr, names: set[str]) -> bool:
    if isinstance(expr, Col):
        return expr.table in names
    return all(_local(arg, names) for arg in expr.args) if isinstance(expr, (Op, Unknown)) else True


def _param(params: Value, index: int) -> Value:
    values = items(params)
    return values[index - 1] if 0 < index <= len(values) else UNDEFINED


def _bound_assignments(
    machine: Machine,
    c: Connection,
    named: tuple[sql.Assignment, ...],
    params: Value,
    holes: dict[str, Value],
    s: int,
) -> list[sql.Assignment]:
    out: list[sql.Assignment] = []
    for name, expr in named:
        value = bind(expr, params, holes)
        if name == sql.SET_COLUMN and isinstance(value, Lit):
            out += assignments(machine, value.value, UNDEFINED, c.dialect, s)
        else:
            out.append((name, value))
    return out


def _run_select(machine: Machine, c: Connection, tx: Tx | None, select: sql.Select) -> JsObject:
    db = c.database
    tables = [table for table in select.tables if table.name]
    if not tables:
        row = machine.new_object()
        for output in select.columns:
            if output.expr is not None:
                row.props[output.name] = db.evaluate(output.expr, "", None)
        return _result(machine, [row], 1)
    names = {tables[0].name, tables[0].alias, ""}
    if select.aggregates and not select.grouped:
        query = Query(tables[0].name, tuple(part for part in select.where if _local(part, names)))
        row = machine.new_object()
        for output in select.columns:
            if output.expr is not None:
                row.props[output.name] = _aggregated(machine, c, tx, query, output.expr)
        return _result(machine, [row], 1)
    found = db.select(tx, select)
    rows: list[Value] = [_output(machine, c, select.columns, view, names) for view in found.rows]
    if found.rest is not None:
        rows.append(_rest(found))
    count: Value = len(rows)
    if found.rest is not None:
        count = terms.add(len(rows) - 1 - len(found.known), machine.term("length", found.rest))
    result = _result(machine, rows, _noted(c, found.seen, found.at, count))
    result.props["rows"] = _noted(c, found.seen, found.at, result.props["rows"])
    return result


def _aggregated(machine: Machine, c: Connection, tx: Tx | None, query: Query, expr: Expr) -> Value:
    if isinstance(expr, Op):
        if expr.name.startswith("agg:"):
            column = expr.args[0].name if expr.args and isinstance(expr.args[0], Col) else ""
            return c.database.aggregate(tx, query, expr.name[4:], column)
        args = [_aggregated(machine, c, tx, query, arg) for arg in expr.args]
        if expr.name == "fn:coalesce":
            return args[0]
        tags = 0
        for arg in args:
            tags |= tags_of(arg)
        plain = Op(expr.name, tuple(Lit(raw(arg)) for arg in args))
        return tagged(c.database.evaluate(plain, "", None), tags)
    return expr.value if isinstance(expr, Lit) else UNDEFINED


def _output(
    machine: Machine,
    c: Connection,
    columns: Sequence[sql.Output],
    view: RowView,
    names: set[str] | None = None,
) -> JsObject:
    """A result row: the columns that were asked for under their labels, all of them for `*`."""
    star = any(output.expr is None and (names is None or output.name in names) for output in columns)
    row = row_object(machine, view) if star else machine.new_object()
    for output in columns:
        if isinstance(output.expr, Col) and (names is None or output.expr.table in names):
            row.props[output.name] = view.get(output.expr.name)
        elif isinstance(output.expr, Col):
            key = [value for pair in view.row.key for value in pair]
            row.props[output.name] = machine.term(f"{output.expr.table}.{output.expr.name}", *key)
        elif output.expr is not None:
            row.props[output.name] = c.host.note_read(
                ("row", view.table, view.row.key, "*"),
                c.database.evaluate(output.expr, view.table, view.row),
                view.at,
            )
    return row


def _run_insert(
    machine: Machine,
    c: Connection,
    tx: Tx | None,
    statement: sql.Insert,
    table: str,
    params: Value,
    holes: dict[str, Value],
    s: int,
) -> JsObject:
    db = c.database
    rows: list[dict[str, Value]] = []
    for values in statement.values:
        bound = [bind(value, params, holes) for value in values]
        if len(bound) == 1 and isinstance(bound[0], Lit):
            first = bound[0].value
            if statement.columns[:1] == (sql.SET_COLUMN,):
                rows.append(plain_data(machine, first, c.dialect, s))
                continue
            lists = items(first) if isinstance(raw(first), JsArray) else []
            if lists and all(isinstance(raw(item), JsArray) for item in lists):
                rows += [dict(zip(statement.columns, items(item), strict=False)) for item in lists]
                continue
        plain = [v.value if isinstance(v, Lit) else db.evaluate(v, table, None) for v in bound]
        names = statement.columns or tuple(f"column{i}" for i in range(1, len(plain) + 1))
        rows.append(dict(zip(names, plain, strict=False)))
    if statement.select is not None:
        select = bind_select(statement.select, params, holes)
        if select.tables:
            found = db.select(tx, select)
            sources: list[RowView | None] = list(found.rows)
        else:
            sources = [None] if all(db.test(db._resolved(tx, part), "", None) for part in select.where) else []
        for view in sources:
            data: dict[str, Value] = {}
            for name, output in zip(statement.columns, select.columns, strict=False):
                if output.expr is not None:
                    data[name] = (
                        output.expr.value
                        if isinstance(output.expr, Lit)
                        else db.evaluate(output.expr, view.table if view else "", view.row if view else None)
                    )
            rows.append(data)

    def insert(inner: Tx | None) -> list[RowView | None]:
        return [_insert_row(machine, c, inner, statement, table, row, params, holes, s) for row in rows]

    views = insert(tx) if len(rows) == 1 else db.atomically(tx, insert)
    kept = [view for view in views if view is not None]
    returned: list[Value] = [_output(machine, c, statement.returning, view) for view in kept]
    ident: Value = UNDEFINED
    if kept:
        ident = db.value(kept[0].table, kept[0].row, db.primary(kept[0].table)[0])
    return _result(machine, returned if statement.returning else [], len(kept), ident)


def _insert_row(
    machine: Machine,
    c: Connection,
    tx: Tx | None,
    statement: sql.Insert,
    table: str,
    row: dict[str, Value],
    params: Value,
    holes: dict[str, Value],
    s: int,
) -> RowView | None:
    conflict = statement.on_conflict
    if conflict is None:
        return c.database.insert(tx, table, row)
    named = None
    if conflict.action == "update":
        named = _bound_assignments(machine, c, conflict.assignments, params, holes, s)
    where = [bind(part, params, holes) for part in conflict.where]
    return c.database.upsert(tx, table, row, conflict.columns, named, where)[0]


def _declare(machine: Machine, c: Connection, args: list[Value], s: int) -> Value:
    """declare(table, {primaryKey, unique, version, fields}): what a model class says about its table."""
    db, options = c.database, _options(args[1])
    fields = {column_name(name): column_name(str(raw(v))) for name, v in entries(options.get("fields", UNDEFINED))}

    def columns(value: Value) -> tuple[str, ...]:
        names = [column_name(str(raw(name))) for name in items(value)]
        return tuple(sorted(fields.get(name, name) for name in names))

    version = options.get("version", UNDEFINED)
    info = TableInfo(
        frozenset(columns(group) for group in items(options.get("unique", UNDEFINED))),
        columns(options.get("primaryKey", UNDEFINED)),
        column_name(version) if isinstance(version, str) else None,
        {name: column for name, column in fields.items() if name != column},
    )
    table = db.table(_name(args[0]))
    known = db.schema.info(table)
    if not (info.unique <= known.unique and info.primary_key in ((), known.primary_key) and not info.version):
        db.schema = merge(db.schema, Schema({table: info}))
    return UNDEFINED


_METHODS: dict[str, Method] = {
    "declare": _declare,
    "sql": _sql,
    "select": _select,
    "insert": _insert,
    "update": _update,
    "remove": _remove,
    "upsert": _upsert,
    "count": _count,
    "aggregate": _aggregate,
    "save": _save,
    "reload": _reload,
    "rowKey": _row_key,
    "begin": _begin,
    "batch": _batch,
    "commit": _commit,
    "rollback": _rollback,
    "advisory": _advisory,
    "session": _session,
    "template": template,
    "columnName": lambda machine, c, args, s: named_column(args[0]),
}


# -- keys and values


def kv(machine: Machine, args: list[Value], s: int) -> JsObject:
    """kv(name): the handle of that key-value store. Compound keys are given as arrays."""
    name = str(raw(args[0]))
    found = machine.stores.get(("kv", name))
    if found is None:
        host = StoreHost(machine)
        found = (host, KeyValue(host, name))
        machine.stores["kv", name] = found
    host, store = found
    handle = Handle(machine, store)
    for method, run in _KV.items():
        handle.props[method] = machine.native(method, _kv_bound(host, store, run))
    handle.owner = machine.setup_act
    handle.shared = True
    return handle


def _kv_bound(host: StoreHost, store: KeyValue, run: Callable[[KeyValue, list[Value]], Value]) -> Callable[..., Value]:
    def native(machine: Machine, this: Value, args: list[Value], s: int) -> Value:
        host.site, host.instant = s, None
        try:
            result = run(store, [*args, *[UNDEFINED] * (4 - len(args))])
            return machine.new_array(result) if isinstance(result, list) else result
        finally:
            host.instant = None

    return native


def _key(value: Value) -> Value:
    inner = raw(value)
    return tuple(inner.items) if isinstance(inner, JsArray) else value


def _kv_set(store: KeyValue, args: list[Value]) -> Value:
    store.set(_key(args[0]), args[1])
    return UNDEFINED


_KV: dict[str, Callable[[KeyValue, list[Value]], Value]] = {
    "get": lambda store, a: store.get(_key(a[0])),
    "set": _kv_set,
    "has": lambda store, a: store.has(_key(a[0])),
    "delete": lambda store, a: store.delete(_key(a[0])),
    "setIf": lambda store, a: store.set_if(_key(a[0]), a[1], raw(a[2]) is True),
    "swap": lambda store, a: store.swap(_key(a[0]), a[1]),
    "add": lambda store, a: store.add(_key(a[0]), a[1]),
    "cas": lambda store, a: store.compare_and_set(_key(a[0]), a[1], None if raw(a[2]) is UNDEFINED else a[2]),
    "apply": lambda store, a: store.apply(str(raw(a[0])), [_key(k) for k in items(a[1])], items(a[2])),
    "look": lambda store, a: store.look(str(raw(a[0])), _key(a[1]), items(a[2])),
    "addMember": lambda store, a: store.add_member(_key(a[0]), a[1], True if raw(a[2]) is UNDEFINED else a[2]),
    "removeMember": lambda store, a: store.remove_member(_key(a[0]), a[1]),
    "size": lambda store, a: store.size(_key(a[0])),
    "push": lambda store, a: store.push(_key(a[0]), a[1]),
    "pop": lambda store, a: store.pop(_key(a[0])),
    "version": lambda store, a: store.version(_key(a[0])),
    "lease": lambda store, a: store.lease(_key(a[0])),
    "unlease": lambda store, a: store.unlease(_key(a[0])),
}


_LUA_GET = re.compile(r"call\(\s*[\"']get[\"']\s*,\s*KEYS\[1\]\s*\)", re.I)
_LUA_CALL = re.compile(r"p?call\(\s*[\"'](\w+)[\"']", re.I)


def _script(store: KeyValue, args: list[Value]) -> Value:
    """eval(script, keys, args): compare-and-delete, compare-and-extend and counting are understood."""
    text = raw(args[0]) if isinstance(raw(args[0]), str) else ""
    keys, given = [_key(key) for key in items(args[1])], items(args[2])
    calls = {name.lower() for name in _LUA_CALL.findall(text)}
    if keys and given and _LUA_GET.search(text) and "ARGV[1]" in text and "==" in text:
        if calls <= {"get", "del", "unlink"}:
            return _bit(store.compare_and_set(keys[0], given[0], None))
        if calls <= {"get", "expire", "pexpire"}:
            return _bit(store.compare_and_set(keys[0], given[0], given[0]))
    if keys and calls <= {"incr", "expire", "pexpire", "ttl", "pttl"} and "incr" in calls and "<" not in text:
        return store.add(keys[0], 1)
    return store.apply(f"lua:{zlib.crc32(text.encode()):08x}", keys, given)


def _bit(value: Value) -> Value:
    return tagged(1 if raw(value) is True else 0, tags_of(value))


_KV["eval"] = _script


# -- objects whose properties or operations wait to be asked for


class Dynamic(dict[Any, Any]):
    """Properties that are made when they are first asked for (`prisma.<model>`)."""

    def __init__(self, machine: Machine, owner: JsObject, make: Value, site: int) -> None:
        super().__init__(owner.props)
        self.machine, self.owner, self.make, self.site = machine, owner, make, site

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        if not isinstance(name, str) or not name[:1].isalpha() or name in _NOT_COLUMNS:
            return False
        proto = self.owner.proto
        while proto is not None:
            if name in proto.props:
                return False
            proto = proto.proto
        return True

    def __missing__(self, name: Any) -> Value:
        if name not in self:
            raise KeyError(name)
        made = self.machine.call(self.make, UNDEFINED, [name], self.site)
        if isinstance(made, JsObject):
            made.shared = True
        self[name] = made
        return made

    def get(self, name: Any, default: Any = None) -> Any:
        return self[name] if name in self else default  # noqa: SIM401 (this is what `get` means here)


def _dynamic(machine: Machine, this: Value, args: list[Value], s: int) -> Value:
    """dynamic(object, make): properties that nobody set are `make(name)`."""
    target = raw(args[0])
    if isinstance(target, JsObject):
        target.props = Dynamic(machine, target, args[1], s)
    return args[0]


def _lazy(machine: Machine, this: Value, args: list[Value], s: int) -> Value:
    """lazy(name, fn, argument): an operation that begins when somebody waits for it, as if it began here.

    The thenable has `run(argument)` too, which performs `fn` at once, as part of another operation.
    """
    name, fn = str(raw(args[0])), args[1]
    given = args[2:3]
    frame = machine.frame
    thenable = machine.new_object()
    started: list[Any] = []
    if machine.tracking:
        machine.lazy.append((started, frame))

    def promise() -> Any:
        if not started:
            saved = machine.frame
            machine.frame = frame
            try:
                bound = machine.native(name, lambda R, this_, rest, site: R.call(fn, UNDEFINED, given, site))
                started.append(machine.external(name, lambda: attempt(machine, bound, s), s, name))
            finally:
                machine.frame = saved
        return started[0]

    def method(kind: str) -> Callable[..., Value]:
        return lambda R, this_, rest, site: R.callm(promise(), kind, rest, site)

    for kind in ("then", "catch", "finally"):
        thenable.props[kind] = machine.native(kind, method(kind))

    def run(R: Machine, this_: Value, rest: list[Value], site: int) -> Value:
        started.append(None)
        return R.call(fn, UNDEFINED, rest, site)

    thenable.props["run"] = machine.native("run", run)
    return thenable


# -- after an execution
