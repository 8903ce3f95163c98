"""External state, executed symbolically: tables with transactions, and key-value stores.

Strategy: a database is a delta over unknown initial content. A row is named by the equality conditions that
address it; what nobody wrote is a term of that name, so loading a thing twice gives the same value, and a
predicate read (count, list, aggregate) is its unknown initial answer corrected by what was written since.
Every operation happens at one instant: it returns a result, raises `StoreError`, or raises `Blocked` and has
changed nothing.

Rules:
* Expressions are those of `sql.py` with bound parameters (`Lit` holds run-time values), for all dialects.
* A relative update (`x = x - 1`) reads the row as it is under the row lock; sums are kept in a linear normal
  form, so that increments commute. A guard (`version = 3`, `stock >= n`) is decided on the same row at the
  same instant.
* Row locks are held to the end of the transaction. READ COMMITTED reads what is committed now and its own
  writes; REPEATABLE READ reads a snapshot, and a write to a row changed since fails (PostgreSQL) or goes
  ahead (MySQL), see Berenson et al., A Critique of ANSI SQL Isolation Levels, 1995; SERIALIZABLE and SQLite
  transactions run one by one.
* Equal terms are equal keys, and different ones differ; only keys that were themselves read from rows may
  turn out to be equal.
* Questions about unknown data go to the `Host`, which answers each once per world. It may assume the likely
  answer where a program cannot go on without it (`Query.must`).
* Locations: ('row', table, key, column), ('row', table, key, '*') for existence, ('table', table) for
  predicates, ('kv', store, key). Writes are noted when others can see them, with the instant of their
  statement.

Deliberately absent: foreign keys, triggers, expiry of keys, index and gap locks, phantom protection below
SERIALIZABLE, savepoints that release locks.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from krepis.twin.typescript.schema import EMPTY, Schema, column_name
from krepis.twin.typescript.sql import Assignment, Col, Expr, Lit, Op, Param, Select, Sub, Unknown

Value = Any
Key = tuple[tuple[str, Value], ...]
Location = tuple[Any, ...]
LockKey = tuple[Any, ...]
Owner = Any


class Host(Protocol):
    """What the store needs from whoever executes the program."""

    def term(self, op: str, *args: Value) -> Value:
        """The unknown value `op(args)`; equal arguments give the same value."""

    def fresh(self, name: str) -> Value:
        """A value equal to no other."""

    def ask(self, question: Value, first: bool = True) -> bool:
        """The answer to a yes-no term, the same throughout a world; both answers are explored, `first` at first."""

    def assume(self, question: Value, answer: bool) -> bool:
        """Like `ask`, but unless already decided only `answer` is explored."""

    def equal(self, a: Value, b: Value, likely: bool = False) -> bool:
        """Whether two values are equal; unknown parameters of their own are different keys.

        `likely`: equal is the first answer to explore.
        """

    def decide(self, op: str, a: Value, b: Value) -> bool:
        """`a op b` for `<`, `<=`, `>`, `>=`."""

    def compute(self, op: str, a: Value, b: Value) -> Value:
        """`a op b` for `* / % ||`, and `+ -` of values that are not numbers."""

    def known_equal(self, value: Value) -> Sequence[Value]:
        """What equations that were answered say that a value is."""

    def is_null(self, value: Value, likely: bool = False) -> bool: ...

    def is_term(self, value: Value) -> bool: ...

    def linear(self, value: Value) -> tuple[int | float, tuple[tuple[Value, int | float], ...]] | None:
        """A number or a sum term as constant and (term, factor) pairs; None for anything else."""

    def sum(self, constant: int | float, parts: tuple[tuple[Value, int | float], ...]) -> Value:
        """The canonical value of a sum: the inverse of `linear`."""

    def elements(self, value: Value) -> Sequence[Value] | None:
        """The items of an array, None when they are not all known."""

    def unrolled(self, value: Value) -> Sequence[Value] | None:
        """The items that a loop over a list runs for, None for what is no list."""

    def part(self, value: Value, path: tuple[Value, ...]) -> Value:
        """What is within a value at a path."""

    def put(self, value: Value, path: tuple[Value, ...], part: Value) -> Value:
        """The value with another part at a path."""

    def strip(self, value: Value) -> Value:
        """The value without dependence tags, as it is stored."""

    def key(self, value: Value) -> Value:
        """Like `strip`, for a value that says which row, key or lock is meant."""

    def carry(self, value: Value, sources: Sequence[Value]) -> Value:
        """The value with the dependence tags of what it was computed from."""

    def now(self) -> Any:
        """This instant and place in the program, for notes made later."""

    def note_read(self, loc: Location, value: Value, at: Any) -> Value:
        """Records a read; returns the value with its dependence."""

    def note_write(self, loc: Location, value: Value, at: Any) -> None:
        """Records a write at the moment when others can see it."""

    def contend(self, key: LockKey, shared: bool) -> None:
        """The order of this step and of others on the same lock matters (not among `shared` ones)."""

    def order(self, loc: Location, writes: bool) -> None:
        """The order of this step among those that touch `loc` matters, though nothing was read or written."""

    def unblock(self) -> None:
        """Some lock was released: blocked operations may try again."""

    def excuse(self, reason: str, own: bool = False) -> None:
        """The database gave up a transaction: an odd outcome of this run is not the program's fault.

        `own`: it waits in a cycle of locks that the program asked for itself.
        """


class StoreError(Exception):
    """An error of the database.

    `kind`: 'unique', 'missing', 'serialization', 'deadlock', 'lock-not-available', 'aborted' or 'closed'.
    """

    def __init__(self, kind: str, table: str = "", columns: Sequence[str] = ()) -> None:
        super().__init__(f"{kind} {table}({', '.join(columns)})")
        self.kind = kind
        self.table = table
        self.columns = tuple(columns)


class Blocked(Exception):
    """The operation has to wait, nothing happened. `keys` are wanted, `owners` hold them."""

    def __init__(self, keys: tuple[LockKey, ...], owners: frozenset[Owner]) -> None:
        super().__init__(keys)
        self.keys = keys
        self.owners = owners


# -- locks

_COMPATIBLE = {("s", "s"), ("u", "u"), ("n", "n"), ("u", "n"), ("n", "u"), ("r", "n"), ("n", "r")}


class Locks:
    """Who holds what. Modes: 'x' exclusive, 's' shared; on tables also 'n' adds rows, 'u' changes named rows,
    'r' changes or locks existing rows that are not named one by one."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.held: dict[LockKey, dict[Owner, list[str]]] = {}
        self.waits: dict[Owner, frozenset[Owner]] = {}
        self.asking: dict[Owner, bool] = {}

    def conflicts(self, owner: Owner, key: LockKey, mode: str) -> frozenset[Owner]:
        holders = self.held.get(key, {})
        return frozenset(
            other
            for other, modes in holders.items()
            if other is not owner and any((mode, held) not in _COMPATIBLE for held in modes)
        )

    def acquire(self, owner: Owner, key: LockKey, mode: str = "x", hold: bool = True, asked: bool = False) -> None:
        """Takes the lock, or raises `Blocked`; a wait that closes a cycle raises StoreError('deadlock').

        `asked`: the program asked for the lock itself (FOR UPDATE), it does not come with a write.
        """
        self.host.contend(key, mode in ("s", "u", "n"))
        others = self.conflicts(owner, key, mode)
        if others:
            self.waits[owner], self.asking[owner] = others, asked
            if self._cycle(owner):
                del self.waits[owner]
                own = asked and all(self.asking[other] for other in others if other in self.waits)
                self.host.excuse("database deadlock", own)
                raise StoreError("deadlock")
            raise Blocked((key,), others)
        self.waits.pop(owner, None)
        if hold:
            modes = self.held.setdefault(key, {}).setdefault(owner, [])
            if mode not in modes:
                modes.append(mode)

    def try_acquire(self, owner: Owner, key: LockKey, mode: str = "x") -> bool:
        if self.conflicts(owner, key, mode):
            self.host.contend(key, shared=False)
            return False
        self.acquire(owner, key, mode)
        return True

    def _cycle(self, owner: Owner) -> bool:
        seen: set[Owner] = set()
        stack = list(self.waits[owner])
        while stack:
            other = stack.pop()
            if other is owner:
                return True
            if other not in seen:
                seen.add(other)
                stack += self.waits.get(other, ())
        return False

    def release(self, owner: Owner, key: LockKey) -> bool:
        holders = self.held.get(key, {})
        if holders.pop(owner, None) is None:
            return False
        self.host.unblock()
        return True

    def release_all(self, owner: Owner) -> None:
        self.waits.pop(owner, None)
        freed = [holders.pop(owner, None) for holders in self.held.values()]
        if any(freed):
            self.host.unblock()

    def of(self, owner: Owner) -> list[LockKey]:
        """What `owner` holds now."""
        return [key for key, holders in self.held.items() if owner in holders]


# -- tables


@dataclass(frozen=True)
class Row:
    """A row as far as it was touched: `cols` are written values, `exists` None means as at first."""

    key: Key
    inserted: bool = False
    exists: bool | None = None
    cols: Mapping[str, Value] = field(default_factory=dict)
    version: int = 0
    bulks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Bulk:
    """A write to all rows that satisfy `where`; `assignments` None deletes them."""

    ident: int
    where: tuple[Expr, ...]
    assignments: tuple[Assignment, ...] | None


@dataclass
class Tables:
    rows: dict[str, dict[Key, Row]] = field(default_factory=dict)
    bulks: dict[str, list[Bulk]] = field(default_factory=dict)

    def copy(self) -> Tables:
        return Tables(
            {name: dict(rows) for name, rows in self.rows.items()},
            {name: list(bulks) for name, bulks in self.bulks.items()},
        )


class Tx:
    """A transaction. `isolation` is a standard level; `active` until commit or rollback."""

    def __init__(self, isolation: str) -> None:
        self.isolation = isolation
        self.own = Tables()
        self.notes: list[tuple[Location, Value, Any]] = []
        self.at: Any = None
        self.snapshot: Tables | None = None
        self.snapshot_version = 0
        self.active = True
        self.aborted = False
        self.saved: dict[str, tuple[Tables, int]] = {}


class RowView:
    """A row as it was at one instant. Columns are asked lazily and noted as reads of that instant."""

    def __init__(self, db: Database, table: str, row: Row, at: Any) -> None:
        self.db = db
        self.table = table
        self.row = row
        self.at = at
        db.host.note_read(("row", table, row.key, "*"), True, at)

    def get(self, name: str) -> Value:
        column = self.db.column(self.table, name)
        value = self.db.value(self.table, self.row, column)
        return self.db.host.note_read(("row", self.table, self.row.key, column), value, self.at)

    def known(self) -> dict[str, Value]:
        """The columns that were written or that name the row, by canonical name."""
        return {**dict(self.row.key), **self.row.cols}


@dataclass(frozen=True)
class Query:
    """Which rows. `one`: at most one; `must`: expected to exist, `rare`: not to; `lock`: None, 'update' or 'share'.

    `row` names the row that was loaded before, whatever is assigned to the columns that it was found by.
    """

    table: str
    where: tuple[Expr, ...] = ()
    one: bool = False
    must: bool = False
    lock: str | None = None
    skip_locked: bool = False
    nowait: bool = False
    rare: bool = False
    row: Key | None = None


@dataclass(frozen=True)
class _Within(Sub):
    """A subquery about the row around it, in the transaction that asks."""

    tx: Tx | None = None


@dataclass(frozen=True)
class Rows:
    """`rows` are known, `rest` (or None) stands for any number of others, `seen` are the locations asked.

    The rest is what was there at first; rows with a key of `known` are among the rows, or there no more.
    """

    rows: tuple[RowView, ...]
    rest: Value | None
    seen: tuple[Location, ...]
    at: Any
    known: tuple[Key, ...] = ()


@dataclass(frozen=True)
class Affected:
    """`count` is a number or a term; `rows` the changed rows as they are now, `before` as they were."""

    count: Value
    rows: tuple[RowView, ...]
    rest: Value | None = None
    before: tuple[RowView, ...] = ()


_VERSION_LIKE = frozenset({"version", "revision", "rev", "v", "lock_version", "etag", "row_version"})
_NAME_LIKE = frozenset({"id", "key", "name", "code", "slug", "sku", "uuid", "email", "handle", "username"})
_LIST_LIMIT = 4
"""Values of a list whose rows are looked at one by one."""
_PICK_LIMIT = 8
_FLIP = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "=", "<>": "<>"}


def add(host: Host, a: Value, b: Value, sign: int) -> Value:
    """`a + sign * b` in linear normal form where both are numbers or unknown."""
    left, right = host.linear(a), host.linear(b)
    if left is None or right is None:
        return host.compute("+" if sign > 0 else "-", a, b)
    parts = dict(left[1])
    for part, factor in right[1]:
        parts[part] = parts.get(part, 0) + sign * factor
    kept = tuple((part, factor) for part, factor in parts.items() if factor)
    return host.sum(left[0] + sign * right[0], kept)


class Database:
    """One database. All methods act at one instant; `tx` None means autocommit."""

    def __init__(self, host: Host, name: str, dialect: str = "postgres", schema: Schema = EMPTY) -> None:
        self.host = host
        self.name = name
        self.dialect = dialect
        self.schema = schema
        self.likely = False
        self.looked: list[Location] = []
        self.tables = Tables()
        self.locks = Locks(host)
        self.version = 0
        self.keys: dict[str, list[Key]] = {}
        self.facts: dict[tuple[str, Key], tuple[dict[str, Value], tuple[Expr, ...]]] = {}
        self.origins: dict[Value, tuple[str, str, Key]] = {}
        self.bulk_count = 0
        self.open: list[Tx] = []

    # -- names

    def table(self, name: str) -> str:
        return self.schema.table(name)

    def column(self, table: str, name: str) -> str:
        canonical = column_name(name)
        return self.schema.info(table).fields.get(canonical, canonical)

    def primary(self, table: str) -> tuple[str, ...]:
        return self.schema.info(table).primary_key or ("id",)

    def uniques(self, table: str) -> list[tuple[str, ...]]:
        info = self.schema.info(table)
        return [self.primary(table), *sorted(info.unique, key=lambda columns: (len(columns), columns))]

    # -- transactions

    def begin(self, isolation: str | None = None) -> Tx:
        """Starts a transaction; None is the default level of the dialect."""
        default = "repeatable read" if self.dialect == "mysql" else "read committed"
        tx = Tx("serializable" if self.dialect == "sqlite" else isolation or default)
        tx.at = self.host.now()
        self.open.append(tx)
        return tx

    def set_isolation(self, tx: Tx, isolation: str) -> None:
        tx.isolation = isolation

    def _enter(self, tx: Tx | None) -> Owner:
        """Common start of every operation: the lock owner."""
        if tx is None:
            return object()
        if not tx.active:
            raise StoreError("closed")
        if tx.aborted:
            raise StoreError("aborted")
        if tx.isolation == "serializable":
            self.locks.acquire(tx, ("serial", self.name))
        elif tx.isolation == "repeatable read" and tx.snapshot is None:
            tx.snapshot = self.tables.copy()
            tx.snapshot_version = self.version
            self.host.order(("snapshot", self.name), writes=False)
        return tx

    def commit(self, tx: Tx) -> None:
        if not tx.active:
            return
        if not tx.aborted:
            self._publish(tx.own, tx.notes)
        self._end(tx)

    def rollback(self, tx: Tx) -> None:
        if tx.active:
            self._end(tx)

    def _end(self, tx: Tx) -> None:
        tx.active = False
        self.open.remove(tx)
        self.locks.release_all(tx)

    def fail(self, tx: Tx | None) -> None:
        """An error inside a PostgreSQL transaction makes it useless until rollback."""
        if tx is not None and self.dialect == "postgres":
            tx.aborted = True

    def savepoint(self, tx: Tx, name: str) -> None:
        tx.saved[name] = (tx.own.copy(), len(tx.notes))

    def rollback_to(self, tx: Tx, name: str) -> None:
        if name in tx.saved:
            saved, notes = tx.saved[name]
            tx.own = saved.copy()
            del tx.notes[notes:]
            tx.aborted = False

    def _publish(self, own: Tables, notes: list[tuple[Location, Value, Any]]) -> None:
        if own.rows or own.bulks:
            self.version += 1
            self.host.order(("snapshot", self.name), writes=True)
        for table, rows in own.rows.items():
            target = self.tables.rows.setdefault(table, {})
            for key, row in rows.items():
                target[key] = replace(row, version=self.version)
        for table, bulks in own.bulks.items():
            self.tables.bulks.setdefault(table, []).extend(bulks)
        for loc, value, at in [*notes, *self._aliases(own, notes)]:
            self.host.note_write(loc, value, at)

    def _aliases(self, own: Tables, notes: list[tuple[Location, Value, Any]]) -> list[tuple[Location, Value, Any]]:
        """The same under other names: who looked in vain would see new rows, and who found others, their change."""
        places = {loc[:3]: at for loc, _, at in notes if loc[0] == "row"}
        found: list[tuple[Location, Value, Any]] = []
        for table, rows in own.rows.items():
            for row in rows.values():
                others = (key for key in self.keys.get(table, ()) if key != row.key and self._meets(table, row, key))
                if row.inserted and ("row", table, row.key) in places:
                    at = places["row", table, row.key]
                    found += [(("row", table, other, "*"), row.exists, at) for other in others]
                elif not row.inserted:
                    mine = [note for note in notes if note[0][:3] == ("row", table, row.key)]
                    for key in others:
                        named = {column for column, _ in key}
                        found += [(("row", table, key, loc[3]), value, at) for loc, value, at in mine]
                        found += [(("row", table, key, "*"), True, at) for loc, _, at in mine if loc[3] in named]
        return found

    def _meets(self, table: str, row: Row, key: Key) -> bool:
        known = self._columns_of(table, row)
        return all(column in known and self._same_key(known[column], value) for column, value in key)

    def _columns_of(self, table: str, row: Row) -> dict[str, Value]:
        """The columns of a row that are known: named by its key, found to be so by a condition, or written."""
        facts = {} if row.inserted else self.facts.get((table, row.key), ({}, ()))[0]
        return {**facts, **dict(row.key), **row.cols}

    def atomically(self, tx: Tx | None, action: Callable[[Tx], Any]) -> Any:
        """Several operations as one: all of them or, when one fails or has to wait, none."""
        inner = tx if tx is not None else self.begin()
        saved, notes, aborted = inner.own.copy(), len(inner.notes), inner.aborted
        try:
            result = action(inner)
        except (Blocked, StoreError):
            inner.own, inner.aborted = saved, aborted
            del inner.notes[notes:]
            if tx is None:
                self.rollback(inner)
            raise
        if tx is None:
            self.commit(inner)
        return result

    # -- locks that programs name

    def _advisory_key(self, key: Sequence[Value]) -> LockKey:
        return ("advisory", self.name, tuple(self.host.key(value) for value in key))

    def advisory_lock(self, owner: Owner, key: Sequence[Value], mode: str, wait: bool) -> bool:
        """Takes an advisory lock for a transaction or a session; False only if not `wait`."""
        short = "s" if mode == "share" else "x"
        if not wait:
            return self.locks.try_acquire(owner, self._advisory_key(key), short)
        self.locks.acquire(owner, self._advisory_key(key), short, asked=True)
        return True

    def advisory_unlock(self, owner: Owner, key: Sequence[Value] | None) -> bool:
        if key is None:
            self.locks.release_all(owner)
            return True
        return self.locks.release(owner, self._advisory_key(key))

    def lock_table(self, owner: Owner, table: str, mode: str, wait: bool = True) -> None:
        key = ("table", self.name, self.table(table))
        short = "s" if mode == "share" else "x"
        if not wait and not self.locks.try_acquire(owner, key, short):
            raise StoreError("lock-not-available", self.table(table))
        self.locks.acquire(owner, key, short)

    # -- rows and their values

    def _base(self, tx: Tx | None, current: bool) -> Tables:
        return self.tables if tx is None or tx.snapshot is None or current else tx.snapshot

    def load(self, tx: Tx | None, table: str, key: Key, current: bool = False) -> Row:
        """The row as `tx` sees it (`current`: as committed now), with bulk writes applied."""
        base = self._base(tx, current)
        row = (tx.own.rows.get(table, {}).get(key) if tx else None) or base.rows.get(table, {}).get(key) or Row(key)
        for bulk in [*base.bulks.get(table, ()), *(tx.own.bulks.get(table, ()) if tx else ())]:
            if bulk.ident not in row.bulks and row.exists is not False and not row.inserted:
                row = self._apply_bulk(table, row, bulk)
        return row

    def _apply_bulk(self, table: str, row: Row, bulk: Bulk) -> Row:
        row = replace(row, bulks=row.bulks | {bulk.ident})
        if not self.exists(table, row) or not self.holds(table, row, bulk.where):
            return row
        if bulk.assignments is None:
            return replace(row, exists=False)
        written = {name: self.evaluate(expr, table, row) for name, expr in bulk.assignments}
        return replace(row, cols={**row.cols, **written})

    def _touched(self, tx: Tx | None, table: str, current: bool = False) -> list[Row]:
        """The rows that differ from the initial content, in order of first appearance."""
        base = self._base(tx, current).rows.get(table, {})
        own = tx.own.rows.get(table, {}) if tx else {}
        return [self.load(tx, table, key, current) for key in [*base, *(key for key in own if key not in base)]]

    def value(self, table: str, row: Row, column: str) -> Value:
        """A column of a row, without noting the read."""
        if column in row.cols:
            return row.cols[column]
        return self.initial(table, row, column)

    def initial(self, table: str, row: Row, column: str) -> Value:
        for name, value in row.key:
            if name == column:
                return value
        known = self.facts.get((table, row.key))
        if known and column in known[0]:
            return known[0][column]
        args = _key_args(row.key, self.primary(table))
        value = self.host.term(f"{table}.{column}", *(("new",) if row.inserted else ()), *args)
        if self.host.is_term(value):
            self.origins[value] = (table, column, row.key)
        return value

    def exists(self, table: str, row: Row, must: bool = False, first: bool = True) -> bool:
        if row.exists is not None:
            return row.exists
        question = self.host.term("exists", table, *_key_args(row.key, self.primary(table)))
        return self.host.assume(question, True) if must else self.host.ask(question, first)

    def _history(self, tx: Tx | None, table: str, where: Iterable[Expr] | None) -> tuple[Value, ...]:
        """Earlier bulk writes that may have changed which rows satisfy `where` (None: or what is in them)."""
        out: list[Value] = []
        columns = None if where is None else {name for c in where for name in self._columns(table, c)}
        own = tx.own.bulks.get(table, ()) if tx else ()
        for bulk in [*self._base(tx, False).bulks.get(table, ()), *own]:
            if columns is None or bulk.assignments is None or columns & {name for name, _ in bulk.assignments}:
                set_ = [Op(f"{name}:=", (expr,)) for name, expr in bulk.assignments or ()]
                out += ["after", *_shape(bulk.where), *_shape(set_)]
        return tuple(out)

    # -- expressions

    def evaluate(self, expr: Expr, table: str, row: Row | None, excluded: Mapping[str, Value] | None = None) -> Value:
        """The value of an expression on a row (None: no row, columns are unknown)."""
        if isinstance(expr, Lit):
            return expr.value
        if isinstance(expr, Col):
            name = self.column(table, expr.name)
            if expr.table == "excluded" and excluded is not None:
                return excluded.get(name, None)
            if row is None:
                return self.host.term("sql", f"{expr.table or table}.{name}")
            return self.value(table, row, name)
        if isinstance(expr, Op):
            return self._operate(expr, table, row, excluded)
        if isinstance(expr, Unknown):
            return self.host.term("sql", expr.text, *(self.evaluate(a, table, row, excluded) for a in expr.args))
        if isinstance(expr, Param):
            return self.host.term("sql", f"parameter {expr.index}")
        return self.host.term("sql", *_shape((expr,)))

    def _operate(self, expr: Op, table: str, row: Row | None, excluded: Mapping[str, Value] | None) -> Value:
        name = expr.name
        if name in _PREDICATES:
            return self.test(expr, table, row, excluded)
        if name == "case":
            branches = expr.args
            for condition, result in zip(branches[:-1:2], branches[1::2], strict=False):
                if self.test(condition, table, row, excluded):
                    return self.evaluate(result, table, row, excluded)
            return self.evaluate(branches[-1], table, row, excluded)
        args = [self.evaluate(arg, table, row, excluded) for arg in expr.args]
        if name in ("+", "-") and len(args) == 2:
            return self.add(args[0], args[1], 1 if name == "+" else -1)
        if name in ("*", "/", "%", "||") and len(args) == 2:
            return self.host.compute(name, args[0], args[1])
        if name in ("fn:coalesce", "fn:ifnull"):
            for arg in args[:-1]:
                if not self.host.is_term(arg) and arg is not None:
                    return arg
                if self.host.is_term(arg):
                    return self.host.term("coalesce", *args)
            return args[-1] if args else None
        if name == "part":
            return self.host.part(args[0], tuple(args[1:]))
        if name == "put":
            return self.host.put(args[0], tuple(args[1:-1]), args[-1])
        if name in _GENERATORS:
            return self.host.fresh(name[3:])
        return self.host.term(name.removeprefix("fn:"), *args)

    def add(self, a: Value, b: Value, sign: int) -> Value:
        return add(self.host, a, b, sign)

    def same(self, a: Value, b: Value) -> bool:
        """Equality of values; sums that differ by a constant are surely different."""
        left, right = self.host.linear(a), self.host.linear(b)
        if left is not None and right is not None and dict(left[1]) == dict(right[1]):
            return left[0] == right[0]
        return self.host.equal(a, b, self.likely)

    def holds(self, table: str, row: Row, where: Iterable[Expr]) -> bool:
        return all(self.test(condition, table, row) for condition in where)

    def test(self, expr: Expr, table: str, row: Row | None, excluded: Mapping[str, Value] | None = None) -> bool:
        """Whether a condition holds on a row."""
        if row is not None:
            known = self.facts.get((table, row.key))
            if known and expr in known[1] and not any(c in row.cols for c in self._columns(table, expr)):
                if not _looks_elsewhere(expr):
                    return True
        if not isinstance(expr, Op):
            value = self.evaluate(expr, table, row, excluded)
            return self.host.ask(value) if self.host.is_term(value) else bool(value)
        name, args = expr.name, expr.args
        if name == "and":
            return all(self.test(arg, table, row, excluded) for arg in args)
        if name == "or":
            return any(self.test(arg, table, row, excluded) for arg in args)
        if name == "exists" and isinstance(args[0], _Within) and row is not None:
            return self._beside(args[0], table, row)
        if name == "not":
            return not self.test(args[0], table, row, excluded)
        if name == "isnull":
            if self._left_out(args[0], table, row):
                return True
            return self.host.is_null(self.evaluate(args[0], table, row, excluded), self.likely)
        if name == "in" and not any(isinstance(arg, Sub) for arg in args):
            return self._member(args, table, row, excluded)
        if name in _FLIP and len(args) == 2:
            a, b = (self.evaluate(arg, table, row, excluded) for arg in args)
            if name in ("=", "<>"):
                if a is None or b is None:
                    return False
                if b is not True and not self.likely and self._left_out(args[0], table, row):
                    self.likely = True  # what a new row leaves to its default is what programs ask for
                    same = self.same(a, b)
                    self.likely = False
                    return same == (name == "=")
                return self.same(a, b) == (name == "=")
            return self.host.decide(name, a, b)
        values = [self.evaluate(arg, table, row, excluded) for arg in args]
        return self.host.ask(self.host.term("pred", name.removeprefix("fn:"), *values))

    def _left_out(self, expr: Expr, table: str, row: Row | None) -> bool:
        """Whether a column of a new row was left to its default."""
        if row is None or not row.inserted or not isinstance(expr, Col):
            return False
        column = self.column(table, expr.name)
        return column not in row.cols and all(name != column for name, _ in row.key)

    def _beside(self, sub: _Within, table: str, row: Row) -> bool:
        """Whether there is a row that a correlated subquery is about."""
        own = {name for t in sub.select.tables for name in (t.name, t.alias, "")}
        where = tuple(self._about(c, own, table, row) for c in sub.select.where)
        likely, self.likely = self.likely, False
        found = self._rows_of(sub.tx, replace(sub.select, where=where, limit=Lit(1)), rare=True)
        self.likely = likely
        self.looked += found.seen
        return bool(found.rows)

    def _about(self, expr: Expr, own: set[str], table: str, row: Row) -> Expr:
        """A condition of a subquery with the columns of the row around it filled in."""
        if isinstance(expr, Col):
            return expr if expr.table in own else Lit(self.value(table, row, self.column(table, expr.name)))
        if isinstance(expr, Op):
            args = tuple(self._about(arg, own, table, row) for arg in expr.args)
            if expr.name in _FLIP and isinstance(args[0], Lit) and isinstance(args[1], Col):
                return Op(_FLIP[expr.name], (args[1], args[0]))
            return Op(expr.name, args)
        return expr

    def _member(
        self, args: tuple[Expr, ...], table: str, row: Row | None, excluded: Mapping[str, Value] | None
    ) -> bool:
        value = self.evaluate(args[0], table, row, excluded)
        for arg in args[1:]:
            item = self.evaluate(arg, table, row, excluded)
            items = self.host.elements(item)
            if items is not None:
                if any(self.same(value, self.host.strip(i)) for i in items):
                    return True
            elif len(args) == 2 and self.host.is_term(item):
                return self.host.ask(self.host.term("in", value, item))
            elif self.same(value, item):
                return True
        return False

    def _columns(self, table: str, expr: Expr) -> set[str]:
        """Columns that an expression mentions."""
        if isinstance(expr, Col):
            return {self.column(table, expr.name)}
        if isinstance(expr, (Op, Unknown)):
            return {name for arg in expr.args for name in self._columns(table, arg)}
        return set()

    # -- which row

    def address(
        self, table: str, where: Sequence[Expr], assigned: Iterable[str] = ()
    ) -> tuple[Key | None, list[Expr], bool]:
        """The key that names one row, the other conditions, and whether the key is known to be unique.

        A primary key or a declared unique key if the conditions fix one; otherwise every column that is equal
        to something the program computed, except version columns and columns that the statement assigns.
        """
        equal: dict[str, tuple[Value, Expr]] = {}
        for condition in where:
            if isinstance(condition, Op) and condition.name == "=" and isinstance(condition.args[0], Col):
                value = condition.args[1]
                if isinstance(value, Lit) and value.value is not None:
                    equal.setdefault(self.column(table, condition.args[0].name), (value.value, condition))
        chosen: Sequence[str] = ()
        unique = False
        for columns in self.uniques(table):
            if columns and all(column in equal for column in columns):
                chosen, unique = columns, True
                break
        else:
            taken = set(assigned)
            version = self.schema.info(table).version
            free = [c for c in equal if c not in taken and c not in _VERSION_LIKE and c != version]
            chosen = [c for c in free if self.host.is_term(equal[c][0]) and not self._own_column(table, c, equal[c][0])]
            if not chosen:
                chosen = [c for c in free if self.host.is_term(equal[c][0]) or c in _NAME_LIKE]
        if not chosen:
            return None, list(where), False
        used = [equal[column][1] for column in chosen]
        rest = [condition for condition in where if not any(condition is u for u in used)]
        key = tuple(sorted((column, equal[column][0]) for column in chosen))
        return self._canonical(table, key), rest, unique

    def _singly(self, table: str, where: tuple[Expr, ...]) -> list[tuple[Expr, ...]] | None:
        """`key IN (a, b)` as a condition for each of the rows that it names: `key = a`, `key = b`."""
        for i, condition in enumerate(where):
            if not isinstance(condition, Op) or condition.name != "in" or not isinstance(condition.args[0], Col):
                continue
            values = self._listed(condition.args[1:])
            if values is None or not 0 < len(values) <= _LIST_LIMIT:
                continue
            rest = (*where[:i], *where[i + 1 :])
            column = condition.args[0]
            each = [(Op("=", (column, Lit(value))), *rest) for value in values]
            named = [self.address(table, conditions) for conditions in each]
            if all(key is not None and (unique or not _plural(key)) for key, _, unique in named):
                return each
        return None

    def _listed(self, args: Sequence[Expr]) -> list[Value] | None:
        """The values of a list after `IN`, None when they are not all known."""
        values = [arg.value for arg in args if isinstance(arg, Lit)]
        if len(values) < len(args):
            return None
        if len(values) != 1:
            return values
        items = self.host.unrolled(values[0])
        return None if items is None else list(items)

    def _own_column(self, table: str, column: str, value: Value) -> bool:
        origin = self.origins.get(value)
        return origin is not None and origin[:2] == (table, column)

    def _canonical(self, table: str, key: Key) -> Key:
        """The name under which this row is already known; a key read from a row names that row."""
        key = tuple((column, self.host.key(value)) for column, value in key)
        if len(key) == 1:
            for value in (key[0][1], *self.host.known_equal(key[0][1])):
                origin = self.origins.get(value)
                if origin is not None and origin[0] == table and origin[1] == key[0][0]:
                    return origin[2]
        known = self.keys.setdefault(table, [])
        for other in known:
            if [c for c, _ in other] == [c for c, _ in key] and all(
                self._same_key(v, w) for (_, v), (_, w) in zip(other, key, strict=True)
            ):
                return other
        known.append(key)
        return key

    def _same_key(self, a: Value, b: Value) -> bool:
        """Equal terms are equal keys; of different ones only two that were read from rows may be equal."""
        if a in self.origins and b in self.origins:
            return self.same(a, b)
        return bool(a == b)

    def _moved(self, row: Row) -> bool:
        """Whether a row was given other values in the columns that it was named by."""
        return any(column in row.cols and not self._same_key(row.cols[column], value) for column, value in row.key)

    def _candidates(
        self, tx: Tx | None, table: str, key: Key, current: bool = False, moved: bool = False
    ) -> Iterator[Row]:
        """The row named `key`, also if it has `moved`, then others that were given these values."""
        own = self.load(tx, table, key, current)
        if moved or not self._moved(own):
            yield own
        for row in self._touched(tx, table, current):
            if row.key == key or row.exists is False:
                continue
            found = self.facts.get((table, row.key), ({}, ()))[0]
            if any(c in row.cols or c in found or row.inserted for c, _ in key) and self._meets(table, row, key):
                yield row

    def _picks(self, tx: Tx | None, query: Query, current: bool = False) -> Iterator[Row]:
        """Rows that satisfy a condition without a key, one by one: initial ones by rank, then new ones."""
        table = query.table
        text, *values = _shape(query.where)
        column = self.primary(table)[0]
        facts = {
            self.column(table, condition.args[0].name): condition.args[1].value
            for condition in query.where
            if isinstance(condition, Op)
            and condition.name == "="
            and isinstance(condition.args[0], Col)
            and isinstance(condition.args[1], Lit)
        }
        for rank in range(_PICK_LIMIT):
            name = self.host.term(f"{table}.{column}", text, *values, *([rank] if rank else []))
            key = ((column, name),)
            self.facts[table, key] = (facts, query.where)
            self.origins[name] = (table, column, key)
            row = self.load(tx, table, key, current)
            if row.exists is None and not self.exists(table, row, query.must):
                break
            if row.exists is not False and self.holds(table, row, query.where):
                yield row
        for row in self._touched(tx, table, current):
            if row.inserted and row.exists and self.holds(table, row, query.where):
                yield row

    # -- reading

    def find(self, tx: Tx | None, query: Query) -> Rows:
        """The rows of a query, locked if it says so."""
        owner = self._enter(tx)
        query = replace(query, table=self.table(query.table), where=self._resolve(tx, query.table, query.where))
        table, at = query.table, self.host.now()
        if query.lock:
            self.locks.acquire(owner, ("table", self.name, table), "u", hold=tx is not None)
        current = query.lock is not None
        if not query.one and (singly := self._singly(table, query.where)) is not None:
            parts = [self.find(tx, replace(query, where=where, one=True)) for where in singly]
            rows_found = {view.row.key: view for part in parts for view in part.rows}
            return Rows(tuple(rows_found.values()), None, tuple(loc for part in parts for loc in part.seen), at)
        key, guards, unique = self.address(table, query.where)
        if key is not None:
            several = not unique and not query.one and _plural(key)
            seen: list[Location] = []
            found = []
            for row in self._candidates(tx, table, key, current, moved=True):
                seen += self._looked_at(table, row, key)
                if self._moved(row) and row.key == key:
                    continue
                if query.lock and row.exists is not False and not self._take(owner, tx, table, row, query):
                    continue
                row = self.load(tx, table, row.key, current)
                if not self.exists(table, row, query.must, not query.rare):
                    continue
                self.likely = several  # who asks for a list is most interested in what is on it
                holds = self._guarded(table, row, guards, seen)
                self.likely = False
                if holds:
                    found.append(RowView(self, table, row, at))
                    if unique or query.one:
                        break
            before = [row.key for row, before, _ in self._changes(tx, query) if before] if several else []
            if not several or not (found or key in before):
                return Rows(tuple(found), None, tuple(seen), at)
            rest = self.host.term("rows", table, *_shape(query.where), *self._history(tx, table, None))
            others = tuple(other for other in before if other != key)
            return Rows(tuple(found), rest, (*seen, ("table", table)), at, others)
        self.looked = []
        if query.one:
            for row in self._picks(tx, query, current):
                if query.lock and not self._take(owner, tx, table, row, query):
                    continue
                return Rows((RowView(self, table, row, at),), None, (("table", table), *self.looked), at)
            return Rows((), None, (("table", table), *self.looked), at)
        rows = [
            RowView(self, table, row, at)
            for row in self._touched(tx, table, current)
            if row.exists is not False and self.exists(table, row) and self.holds(table, row, query.where)
        ]
        rest = self.host.term("rows", table, *_shape(query.where), *self._history(tx, table, None))
        if query.lock:
            self.locks.acquire(owner, ("table", self.name, table), "r", hold=tx is not None)
        changed = {row.key: before for row, before, _ in self._changes(tx, query)}
        known = [key for key, before in changed.items() if before]
        known += [view.row.key for view in rows if view.row.key not in changed]
        return Rows(tuple(rows), rest, (("table", table), *self.looked), at, tuple(known))

    @staticmethod
    def _looked_at(table: str, row: Row, key: Key | None) -> list[Location]:
        """What decides whether a row is the one that a key names: also columns of the key that did not name it."""
        columns = [column for column, _ in key or () if row.key != key or column in row.cols]
        return [("row", table, row.key, column) for column in ("*", *columns)]

    def _guarded(self, table: str, row: Row, guards: Sequence[Expr], seen: list[Location]) -> bool:
        for guard in guards:
            seen += [("row", table, row.key, column) for column in sorted(self._columns(table, guard))]
            self.looked = []
            holds = self.test(guard, table, row)
            seen += self.looked
            if not holds:
                return False
            self._remember(table, row, guard)
        return True

    def _remember(self, table: str, row: Row, guard: Expr) -> None:
        """What a condition that holds says of a row as it was at first."""
        if isinstance(guard, Op) and guard.name == "=" and isinstance(guard.args[0], Col):
            column, value = self.column(table, guard.args[0].name), guard.args[1]
            if isinstance(value, Lit) and value.value is not None and column not in row.cols and not row.inserted:
                self.facts.setdefault((table, row.key), ({}, ()))[0].setdefault(column, value.value)

    def _take(self, owner: Owner, tx: Tx | None, table: str, row: Row, query: Query) -> bool:
        """The row lock; False when the row is to be skipped."""
        key = ("row", self.name, table, row.key)
        mode = "s" if query.lock == "share" else "x"
        if (query.skip_locked or query.nowait) and self.locks.conflicts(owner, key, mode):
            self.host.contend(key, shared=False)
            if query.skip_locked:
                return False
            raise StoreError("lock-not-available", table)
        self.locks.acquire(owner, key, mode, hold=tx is not None, asked=query.lock != "write")
        self._fresh_enough(tx, table, row.key)
        return True

    def _fresh_enough(self, tx: Tx | None, table: str, key: Key) -> None:
        """First updater wins: PostgreSQL refuses to change what changed since the snapshot."""
        if tx is None or tx.snapshot is None or self.dialect == "mysql":
            return
        row = self.tables.rows.get(table, {}).get(key)
        if row is not None and row.version > tx.snapshot_version:
            self.host.excuse("serialization failure")
            raise StoreError("serialization", table)

    def count(self, tx: Tx | None, query: Query) -> Value:
        """The number of rows: what it was at first, corrected by what was written since."""
        self._enter(tx)
        query = replace(query, table=self.table(query.table), where=self._resolve(tx, query.table, query.where))
        history = self._history(tx, query.table, query.where)
        other = next((c for c in query.where if self._but(query.table, c) is not None), None)
        if other is not None and not history:
            return self._count_others(tx, query, other)
        total = self.host.term("count", query.table, *_shape(query.where), *history)
        for _, before, after in self._changes(tx, query):
            if before != after:
                total = self.add(total, 1, 1 if after else -1)
        return self.host.note_read(("table", query.table), total, self.host.now())

    def _but(self, table: str, condition: Expr) -> Value | None:
        """The primary key of the one row that a condition leaves out."""
        if isinstance(condition, Op) and condition.name == "not" and isinstance(condition.args[0], Op):
            inner, name = condition.args[0], "="
        elif isinstance(condition, Op):
            inner, name = condition, "<>"
        else:
            return None
        if inner.name != name or not isinstance(inner.args[0], Col) or not isinstance(inner.args[1], Lit):
            return None
        return inner.args[1].value if self.primary(table) == (self.column(table, inner.args[0].name),) else None

    def _count_others(self, tx: Tx | None, query: Query, but: Expr) -> Value:
        """The number of rows but one: of all, less that one when it is among them."""
        table = query.table
        where = tuple(c for c in query.where if c is not but)
        total = self.count(tx, replace(query, where=where))
        row = self.load(tx, table, ((self.primary(table)[0], self._but(table, but)),))
        self.likely = True  # who counts the others is one of them
        among = row.exists is not False and self.exists(table, row) and self.holds(table, row, where)
        self.likely = False
        if not among:
            return total
        return self.host.note_read(("table", table), self.add(self.host.strip(total), 1, -1), self.host.now())

    def _changes(self, tx: Tx | None, query: Query) -> Iterator[tuple[Row, bool, bool]]:
        """Touched rows that matter to a condition: whether they satisfied it at first and do now."""
        table = query.table
        columns = {name for condition in query.where for name in self._columns(table, condition)}
        for row in self._touched(tx, table):
            if row.exists is None and not columns & set(row.cols):
                continue
            first = Row(row.key)
            self.likely = True  # what is changed is among what is counted: that is where they meet
            before = not row.inserted and self.exists(table, first) and self.holds(table, first, query.where)
            self.likely = False
            after = (
                row.exists is not False
                and (row.inserted or self.exists(table, first))
                and self.holds(table, row, query.where)
            )
            yield row, before, after

    def aggregate(self, tx: Tx | None, query: Query, op: str, column: str) -> Value:
        """`op` of a column: 'sum' is corrected like a count, others change whenever a touched row matters."""
        if op == "count":
            return self.count(tx, query)
        self._enter(tx)
        query = replace(query, table=self.table(query.table), where=self._resolve(tx, query.table, query.where))
        table, name = query.table, self.column(query.table, column)
        history = self._history(tx, table, [*query.where, Col(name)])
        total = self.host.term(op, table, name, *_shape(query.where), *history)
        relevant: list[Value] = []
        for row in self._touched(tx, table):
            first = Row(row.key)
            before = not row.inserted and self.exists(table, first) and self.holds(table, first, query.where)
            after = row.exists is not False and (row.inserted or self.exists(table, first))
            after = after and self.holds(table, row, query.where)
            old = self.initial(table, first, name) if before else 0
            new = self.value(table, row, name) if after else 0
            if op == "sum":
                total = self.add(self.add(total, new, 1), old, -1)
            elif before or after:
                relevant += [new, after]
        if relevant:
            total = self.host.term(op, total, *relevant)
        return self.host.note_read(("table", table), total, self.host.now())

    def select(self, tx: Tx | None, select: Select) -> Rows:
        """The rows of the first table of a SELECT, locked as it says."""
        return self._rows_of(tx, select)

    def _rows_of(self, tx: Tx | None, select: Select, rare: bool = False) -> Rows:
        tables = [table for table in select.tables if table.name]
        if not tables:
            return Rows((), None, (), self.host.now())
        names = {tables[0].name, tables[0].alias, ""}
        where = tuple(c for c in select.where if all(col in names for col in _qualifiers(c)))
        one = isinstance(select.limit, Lit) and select.limit.value == 1
        query = Query(tables[0].name, where, one, False, select.for_update, select.skip_locked, select.nowait, rare)
        return self.find(tx, query)

    def _resolve(self, tx: Tx | None, table: str, where: Iterable[Expr]) -> tuple[Expr, ...]:
        """Conditions without tags, their subqueries replaced by what they give now."""
        return tuple(self._resolved(tx, condition) for condition in where)

    def _resolved(self, tx: Tx | None, expr: Expr) -> Expr:
        if isinstance(expr, Lit):
            return Lit(self.host.strip(expr.value))
        if isinstance(expr, Sub):
            return Lit(self._scalar(tx, expr.select))
        if isinstance(expr, Op):
            args = tuple(self._resolved(tx, arg) for arg in expr.args)
            if expr.name == "exists" and isinstance(expr.args[0], Sub):
                if _correlated(expr.args[0].select):
                    return Op("exists", (_Within(expr.args[0].select, tx),))
                return Lit(self._exists(tx, expr.args[0].select))
            if expr.name == "in" and isinstance(expr.args[-1], Sub):
                return Op("=", (args[0], args[1]))
            return Op(expr.name, args)
        return expr

    def _exists(self, tx: Tx | None, select: Select) -> bool:
        return bool(self.select(tx, replace(select, limit=Lit(1))).rows)

    def _scalar(self, tx: Tx | None, select: Select) -> Value:
        output = select.columns[0].expr if select.columns else None
        if isinstance(output, Op) and output.name == "agg:count":
            return self.count(tx, Query(select.tables[0].name, select.where))
        rows = self.select(tx, replace(select, limit=Lit(1))).rows
        if not rows:
            return None
        view = rows[0]
        column = output.name if isinstance(output, Col) else self.primary(view.table)[0]
        return self.host.strip(view.get(column))

    # -- writing

    def insert(self, tx: Tx | None, table: str, data: Mapping[str, Value]) -> RowView:
        """A new row; raises StoreError('unique') when a constraint is violated."""
        owner = self._enter(tx)
        table = self.table(table)
        values = {self.column(table, name): value for name, value in data.items()}
        self.locks.acquire(owner, ("table", self.name, table), "n", hold=tx is not None)
        taken = self._conflict(owner, tx, table, values)
        if taken is not None:
            raise StoreError("unique", table, taken[1])
        return self._add(tx, table, values)

    def _conflict(
        self,
        owner: Owner,
        tx: Tx | None,
        table: str,
        values: Mapping[str, Value],
        asked: bool = False,
        first: bool = True,
    ) -> tuple[Row, tuple[str, ...]] | None:
        """The row that forbids this one, and by which columns; `asked`: the program provides for it."""
        for columns in self.uniques(table):
            if not columns or any(values.get(column) is None for column in columns):
                continue
            key = tuple(sorted((column, self.host.strip(values[column])) for column in columns))
            key = self._canonical(table, key)
            self.locks.acquire(owner, ("row", self.name, table, key), hold=tx is not None)
            for row in self._candidates(tx, table, key, current=True):
                if row.exists is None:
                    question = self.host.term("exists", table, *_key_args(row.key, self.primary(table)))
                    there = self.host.ask(question, first) if asked else self.host.assume(question, False)
                else:
                    there = row.exists
                if there:
                    return row, columns
        return None

    def _add(self, tx: Tx | None, table: str, values: Mapping[str, Value]) -> RowView:
        at = self.host.now()
        primary = self.primary(table)
        stored = {name: self.host.strip(value) for name, value in values.items()}
        if len(primary) == 1 and stored.get(primary[0]) is None:
            stored[primary[0]] = self.host.fresh(f"{table}.{primary[0]}")
        key_columns = primary if all(column in stored for column in primary) else tuple(sorted(stored))
        key = self._canonical(table, tuple(sorted((column, stored[column]) for column in key_columns)))
        bulks = frozenset(bulk.ident for bulk in self.tables.bulks.get(table, ()))
        if tx is not None:
            bulks |= {bulk.ident for bulk in tx.own.bulks.get(table, ())}
        row = Row(key, True, True, stored, 0, bulks)
        notes: list[tuple[Location, Value, Any]] = [(("row", table, key, "*"), True, at)]
        notes += [(("row", table, key, name), value, at) for name, value in values.items()]
        notes.append((("table", table), True, at))
        self._write(tx, table, row, notes)
        return RowView(self, table, row, at)

    def _write(self, tx: Tx | None, table: str, row: Row, notes: list[tuple[Location, Value, Any]]) -> None:
        if tx is None:
            self._publish(Tables({table: {row.key: row}}), notes)
        else:
            tx.own.rows.setdefault(table, {})[row.key] = row
            tx.notes += notes

    def update(self, tx: Tx | None, query: Query, assignments: Sequence[Assignment]) -> Affected:
        """Sets columns of the rows that satisfy the query now. Values in `Lit` may carry dependence tags."""
        table = self.table(query.table)
        named = tuple((self.column(table, name), expr) for name, expr in assignments)
        return self._change(tx, replace(query, table=table, lock="write"), named)

    def delete(self, tx: Tx | None, query: Query) -> Affected:
        return self._change(tx, replace(query, table=self.table(query.table), lock="write"), None)

    def _change(self, tx: Tx | None, query: Query, assignments: tuple[Assignment, ...] | None) -> Affected:
        owner = self._enter(tx)
        table, at = query.table, self.host.now()
        query = replace(query, where=self._resolve(tx, table, query.where))
        bound = None
        if assignments is not None:
            bound = tuple((name, self._bound(tx, expr)) for name, expr in assignments)
        self.locks.acquire(owner, ("table", self.name, table), "u", hold=tx is not None)
        key, guards, unique = self.address(table, query.where, [name for name, _ in assignments or ()])
        if query.row is not None:
            key, guards, unique = query.row, list(query.where), True
        if key is None and not query.one:
            return self._change_all(owner, tx, query, bound, at)
        rows = self._candidates(tx, table, key, True, moved=True) if key is not None else self._picks(tx, query, True)
        targets: list[Row] = []
        seen: list[Location] = []
        for row in rows:
            seen += self._looked_at(table, row, key)
            if row.key == key and query.row is None and self._moved(row):
                continue
            if row.exists is False or not self._take(owner, tx, table, row, query):
                continue
            row = self.load(tx, table, row.key, current=True)
            must = query.must or bool(guards)
            if self.exists(table, row, must) and self._guarded(table, row, guards, seen):
                targets.append(row)
                if unique or query.one:
                    break
        changed = [RowView(self, table, self._change_row(owner, tx, table, row, bound, at), at) for row in targets]
        count: Value = len(changed)
        for loc in seen:
            count = self.host.note_read(loc, count, at)
        before = tuple(RowView(self, table, row, at) for row in targets)
        return Affected(count, tuple(changed), None, before)

    def _bound(self, tx: Tx | None, expr: Expr) -> Expr:
        """An assignment with its subqueries replaced by their results; run-time values keep their tags."""
        if isinstance(expr, Sub):
            return self._resolved(tx, expr)
        if isinstance(expr, Op) and expr.name != "exists":
            return Op(expr.name, tuple(self._bound(tx, arg) for arg in expr.args))
        return self._resolved(tx, expr) if isinstance(expr, Op) else expr

    def _change_row(
        self,
        owner: Owner,
        tx: Tx | None,
        table: str,
        row: Row,
        assignments: tuple[Assignment, ...] | None,
        at: Any,
    ) -> Row:
        if assignments is None:
            gone = replace(row, exists=False)
            self._write(tx, table, gone, [(("row", table, row.key, "*"), False, at), (("table", table), True, at)])
            return row
        written = {name: self._assigned(expr, table, row) for name, expr in assignments}
        return self._store(owner, tx, table, row, written, at)

    def _assigned(self, expr: Expr, table: str, row: Row, excluded: Mapping[str, Value] | None = None) -> Value:
        """The value of an assignment, with the dependence of the run-time values in it."""
        if isinstance(expr, Lit):
            return expr.value
        return self.host.carry(self.evaluate(self._plain(expr), table, row, excluded), _literals(expr))

    def _plain(self, expr: Expr) -> Expr:
        if isinstance(expr, Lit):
            return Lit(self.host.strip(expr.value))
        if isinstance(expr, Op):
            return Op(expr.name, tuple(self._plain(arg) for arg in expr.args))
        return expr

    def _store(self, owner: Owner, tx: Tx | None, table: str, row: Row, written: Mapping[str, Value], at: Any) -> Row:
        stored = {name: self.host.strip(value) for name, value in written.items()}
        for columns in self.uniques(table):
            if columns and set(columns) & set(stored):
                values = {column: stored.get(column, self.value(table, row, column)) for column in columns}
                if all(value == self.value(table, row, c) for c, value in values.items()):
                    continue
                taken = self._conflict(owner, tx, table, values)
                if taken is not None and taken[0].key != row.key:
                    raise StoreError("unique", table, taken[1])
        new = replace(row, cols={**row.cols, **stored})
        notes: list[tuple[Location, Value, Any]] = [
            (("row", table, row.key, name), value, at) for name, value in written.items()
        ]
        if self._moved(new) and not self._moved(row):
            notes.append((("row", table, row.key, "*"), False, at))
        notes.append((("table", table), True, at))
        self._write(tx, table, new, notes)
        return new

    def _change_all(
        self, owner: Owner, tx: Tx | None, query: Query, assignments: tuple[Assignment, ...] | None, at: Any
    ) -> Affected:
        """A write to every row that satisfies a condition."""
        table = query.table
        self.locks.acquire(owner, ("table", self.name, table), "r", hold=tx is not None)
        shape = (*_shape(query.where), *self._history(tx, table, query.where))
        total = self.host.term("affected", table, *shape)
        for _, before, after in list(self._changes(tx, query)):
            if before != after:
                total = self.add(total, 1, 1 if after else -1)
        for row in self._touched(tx, table, current=True):
            if row.exists is not False and self.exists(table, row) and self.holds(table, row, query.where):
                self._change_row(owner, tx, table, row, assignments, at)
        self.bulk_count += 1
        plain = assignments and tuple((name, self._resolved(tx, expr)) for name, expr in assignments)
        bulk = Bulk(self.bulk_count, query.where, plain)
        own = tx.own if tx is not None else Tables()
        for key, row in list(own.rows.get(table, {}).items()) + list(self.tables.rows.get(table, {}).items()):
            done = replace(row, bulks=row.bulks | {bulk.ident})
            (own if key in own.rows.get(table, {}) else self.tables).rows[table][key] = done
        own.bulks.setdefault(table, []).append(bulk)
        notes: list[tuple[Location, Value, Any]] = [(("table", table), True, at)]
        if tx is None:
            self._publish(own, notes)
        else:
            tx.notes += notes
        rest = self.host.term("changed", table, *shape)
        return Affected(self.host.note_read(("table", table), total, at), (), rest)

    def upsert(
        self,
        tx: Tx | None,
        table: str,
        data: Mapping[str, Value],
        target: Sequence[str],
        assignments: Sequence[Assignment] | None,
        where: Sequence[Expr] = (),
    ) -> tuple[RowView | None, str]:
        """INSERT ... ON CONFLICT: (row, 'inserted' | 'updated' | 'nothing'); `assignments` None does nothing.

        `target` names the constraint's columns, empty means any; `excluded` is the proposed row.
        """
        owner = self._enter(tx)
        table, at = self.table(table), self.host.now()
        values = {self.column(table, name): value for name, value in data.items()}
        columns = tuple(sorted(self.column(table, name) for name in target))
        self.locks.acquire(owner, ("table", self.name, table), "n", hold=tx is not None)
        row = self._occupant(owner, tx, table, values, columns, first=assignments is not None)
        if row is None:
            return self._add(tx, table, values), "inserted"
        self.locks.acquire(owner, ("row", self.name, table, row.key), hold=tx is not None)
        self._fresh_enough(tx, table, row.key)
        if assignments is None or not self.holds(table, row, where):
            self.host.note_read(("row", table, row.key, "*"), True, at)
            return None, "nothing"
        written = {self.column(table, name): self._assigned(expr, table, row, values) for name, expr in assignments}
        return RowView(self, table, self._store(owner, tx, table, row, written, at), at), "updated"

    def _occupant(
        self,
        owner: Owner,
        tx: Tx | None,
        table: str,
        values: Mapping[str, Value],
        columns: tuple[str, ...],
        first: bool,
    ) -> Row | None:
        """The existing row on which an upsert falls; `first`: whether there is one in the first world.

        One that then does nothing guards work that is done once, and the first world has to be the one that does it.
        """
        if columns and all(values.get(column) is not None for column in columns):
            key = self._canonical(table, tuple((column, self.host.strip(values[column])) for column in columns))
            self.locks.acquire(owner, ("row", self.name, table, key), hold=tx is not None)
            rows = self._candidates(tx, table, key, True)
            return next((row for row in rows if self.exists(table, row, first=first)), None)
        taken = self._conflict(owner, tx, table, values, True, first)
        return taken[0] if taken else None

    # -- outcome

    def state(self) -> dict[str, list[tuple[Key, bool, bool, dict[str, Value]]]]:
        """What is committed and not as at first: (key, inserted, exists, written columns)."""
        out: dict[str, list[tuple[Key, bool, bool, dict[str, Value]]]] = {}
        for table, rows in self.tables.rows.items():
            kept = []
            for row in rows.values():
                first = Row(row.key)
                cols = {
                    name: value
                    for name, value in row.cols.items()
                    if row.inserted or value != self.initial(table, first, name)
                }
                if row.inserted and not row.exists:
                    continue
                if row.exists is False:
                    cols = {}
                if cols or row.inserted or row.exists is False:
                    kept.append((row.key, row.inserted, row.exists is not False, cols))
            kept += [
                ((("*", self.host.term("all", *_shape(bulk.where))),), False, bulk.assignments is not None,
                 {name: self.evaluate(expr, table, None) for name, expr in bulk.assignments or ()})
                for bulk in self.tables.bulks.get(table, ())
            ]  # fmt: skip
            if kept:
                out[table] = kept
        return out


_PREDICATES = frozenset({"=", "<>", "<", "<=", ">", ">=", "and", "or", "not", "in", "isnull", "like", "exists"})
_GENERATORS = frozenset({"fn:uuid", "fn:gen_random_uuid", "fn:uuid_generate_v4", "fn:rand", "fn:random", "fn:nextval"})


def _plural(key: Key) -> bool:
    """Whether a key reads like a reference to a parent: many rows may have it."""
    return all(column.endswith("_id") for column, _ in key) and len(key) == 1


def _key_args(key: Key, primary: Sequence[str]) -> tuple[Value, ...]:
    """A key as arguments of a term: the values alone for a primary key, else names and values."""
    if tuple(column for column, _ in key) == tuple(primary):
        return tuple(value for _, value in key)
    return tuple(part for pair in key for part in pair)


def _shape(where: Iterable[Expr]) -> tuple[Value, ...]:
    """Conditions as arguments of a term: one text, then the values in it."""
    shown = sorted(map(_show, where), key=lambda pair: pair[0])
    return (" and ".join(text for text, _ in shown), *(value for _, values in shown for value in values))


def _show(expr: Expr) -> tuple[str, list[Value]]:
    if isinstance(expr, Lit):
        plain = expr.value is None or isinstance(expr.value, (str, int, float))
        return (repr(expr.value), []) if plain else ("?", [expr.value])
    if isinstance(expr, Col):
        return column_name(expr.name), []
    if isinstance(expr, (Op, Unknown)):
        name = expr.name if isinstance(expr, Op) else expr.text
        parts = [_show(arg) for arg in expr.args]
        values = [value for _, inner in parts for value in inner]
        texts = [text for text, _ in parts]
        if len(texts) == 2 and not name[0].isalpha():
            return f"{texts[0]} {name} {texts[1]}", values
        return f"{name}({', '.join(texts)})", values
    return ("(select)", []) if isinstance(expr, Sub) else (f":{expr.index}", [])


def _literals(expr: Expr) -> list[Value]:
    """The run-time values in an expression."""
    if isinstance(expr, Lit):
        return [expr.value]
    return [v for arg in expr.args for v in _literals(arg)] if isinstance(expr, (Op, Unknown)) else []


def _looks_elsewhere(expr: Expr) -> bool:
    """Whether a condition asks for rows of another table."""
    if isinstance(expr, Op):
        return any(isinstance(arg, _Within) or _looks_elsewhere(arg) for arg in expr.args)
    return False


def _correlated(select: Select) -> bool:
    """Whether a subquery mentions columns of the query around it."""
    own = {name for table in select.tables for name in (table.name, table.alias, "")}
    return any(name not in own for condition in select.where for name in _qualifiers(condition))


def _qualifiers(expr: Expr) -> Iterator[str]:
    if isinstance(expr, Col):
        yield expr.table
    elif isinstance(expr, (Op, Unknown)):
        for arg in expr.args:
            yield from _qualifiers(arg)


# -- keys and values


class KeyValue:
    """A store of keys (Redis, files, S3, caches). All methods act at one instant.

    A key is any run-time value; a compound key (hash and field, set and member) is a tuple of them. What
    nobody wrote is the term `<name>(key)`, and whether it exists is whether that is null.
    """

    def __init__(self, host: Host, name: str) -> None:
        self.host = host
        self.name = name
        self.values: dict[tuple[Value, ...], Value] = {}
        self.versions: dict[tuple[Value, ...], int] = {}
        self.added: dict[tuple[Value, ...], list[Value]] = {}
        self.taken: dict[tuple[Value, ...], int] = {}
        self.sizes: dict[tuple[Value, ...], Value] = {}
        self.leases: set[tuple[Value, ...]] = set()

    def key(self, key: Value) -> tuple[Value, ...]:
        """The name under which this key is already known."""
        parts = tuple(self.host.key(part) for part in (key if isinstance(key, tuple) else (key,)))
        if parts in self.versions:
            return parts
        self.versions[parts] = 0
        return parts

    def peek(self, key: Value) -> Value:
        """The value or None, without noting the read."""
        name = self.key(key)
        value = self.values[name] if name in self.values else self.host.term(self.name, *name)
        return None if self.host.is_null(value) else value

    def get(self, key: Value) -> Value:
        """The value; None when the key is known to be absent."""
        name = self.key(key)
        return self.host.note_read(("kv", self.name, name), self.peek(key), self.host.now())

    def exists(self, key: Value) -> bool:
        return self.peek(key) is not None

    def has(self, key: Value) -> Value:
        """Whether the key exists, as a value with its dependence."""
        name = self.key(key)
        return self.host.note_read(("kv", self.name, name), self.exists(key), self.host.now())

    def set(self, key: Value, value: Value) -> None:
        name = self.key(key)
        self.values[name] = self.host.strip(value)
        self.versions[name] += 1
        self.host.note_write(("kv", self.name, name), value, self.host.now())

    def set_if(self, key: Value, value: Value, present: bool) -> Value:
        """SET NX (`present` False) or XX: whether it was set."""
        done = self.exists(key) == present
        if done:
            self.set(key, value)
        return self._seen(key, done)

    def delete(self, key: Value) -> Value:
        """Whether there was something to delete."""
        there = self.exists(key)
        if there:
            self.set(key, None)
        return self._seen(key, there)

    def swap(self, key: Value, value: Value) -> Value:
        """GETSET, GETDEL (None): the old value."""
        old = self.peek(key)
        self.set(key, value)
        return self._seen(key, old)

    def add(self, key: Value, amount: Value) -> Value:
        """INCRBY: the new value; an absent key counts as 0."""
        old = self.peek(key)
        if old is None:
            old = 0
        new = self._sum(old, self.host.strip(amount))
        self.set(key, self.host.carry(new, [amount]))
        return self._seen(key, new)

    def _sum(self, a: Value, b: Value) -> Value:
        return add(self.host, a, b, 1)

    def compare_and_set(self, key: Value, expected: Value, value: Value) -> Value:
        """Whether the key held `expected`, and so was set (None: deleted). Atomic, as in a Lua script."""
        current = self.peek(key)
        done = current is not None and self.host.equal(current, self.host.strip(expected))
        if done:
            self.set(key, value)
        return self._seen(key, done)

    def apply(self, op: str, keys: Sequence[Value], args: Sequence[Value]) -> Value:
        """An atomic read-modify-write that is not understood: results and new values depend on all of it."""
        plain = [self.host.strip(arg) for arg in args]
        olds = [self.peek(key) for key in keys]
        result = self.host.term(op, *olds, *plain)
        for i, key in enumerate(keys):
            self.set(key, self.host.term(f"{op}:new", i, *olds, *plain))
            result = self._seen(key, result)
        return result

    def look(self, op: str, key: Value, args: Sequence[Value]) -> Value:
        """A read that is not understood: it changes when the key was written."""
        name = self.key(key)
        related = [known for known in self.values if known[: len(name)] == name]
        written = [part for known in related for part in (*known[len(name) :], self.values[known])]
        extra = [*self.added.get(name, ()), self.taken.get(name, 0)] if name in self.added or name in self.taken else []
        value = self.host.term(op, self.host.term(self.name, *name), *map(self.host.strip, args), *written, *extra)
        return self.host.note_read(("kv", self.name, name), value, self.host.now())

    # members of sets, fields of hashes: compound keys, and their number

    def add_member(self, key: Value, member: Value, value: Value = True) -> Value:
        """SADD, HSETNX-like: whether the member is new; sets it in any case."""
        new = not self.exists((key, member))
        self.set((key, member), value)
        if new:
            self._resize(key, 1)
        return self._seen(key, new)

    def remove_member(self, key: Value, member: Value) -> Value:
        there = self.exists((key, member))
        if there:
            self.set((key, member), None)
            self._resize(key, -1)
        return self._seen(key, there)

    def size(self, key: Value) -> Value:
        name = self.key(key)
        return self._seen(key, self.sizes.get(name, self.host.term(f"{self.name}.size", *name)))

    def _resize(self, key: Value, change: int) -> None:
        name = self.key(key)
        old = self.sizes.get(name, self.host.term(f"{self.name}.size", *name))
        self.sizes[name] = self._sum(old, change)
        self.versions[name] += 1
        self.host.note_write(("kv", self.name, name), True, self.host.now())

    # queues

    def push(self, key: Value, value: Value) -> Value:
        """Appends; the new length."""
        name = self.key(key)
        self.added.setdefault(name, []).append(self.host.strip(value))
        self._resize(key, 1)
        return self.size(key)

    def pop(self, key: Value) -> Value:
        """Takes the next element, or None when the program's world says that there is none."""
        name = self.key(key)
        rank = self.taken.get(name, 0)
        item = self.host.term("pop", self.host.term(self.name, *name), *([rank] if rank else []))
        if self.host.is_null(item):
            waiting = self.added.get(name, [])
            if not waiting:
                return self._seen(key, None)
            item = waiting.pop(0)
        else:
            self.taken[name] = rank + 1
        self._resize(key, -1)
        return self._seen(key, item)

    def version(self, key: Value) -> Value:
        """Grows with every write to the key: what WATCH compares."""
        return self._seen(key, self.versions[self.key(key)])

    def lease(self, key: Value) -> None:
        """Remembers that the key was taken for a limited time."""
        self.leases.add(self.key(key))

    def unlease(self, key: Value) -> bool:
        """Whether it was; once."""
        name = self.key(key)
        there = name in self.leases
        self.leases.discard(name)
        return there

    def _seen(self, key: Value, value: Value) -> Value:
        return self.host.note_read(("kv", self.name, self.key(key)), value, self.host.now())

    def state(self) -> dict[tuple[Value, ...], Value]:
        """The keys whose value differs from the initial one."""
        out = {key: value for key, value in self.values.items() if value != self.host.term(self.name, *key)}
        for key, items in self.added.items():
            if items:
                out[(*key, "added")] = tuple(items)
        return out
