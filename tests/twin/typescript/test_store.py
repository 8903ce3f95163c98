"""The external store on a concrete host: initial data are numbers chosen by the test, questions are facts."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.twin.typescript.schema import EMPTY, Schema, from_sql
from krepis.twin.typescript.sql import Col, Expr, Insert, Lit, Op, Param, Select, Update, parse
from krepis.twin.typescript.store import (
    Affected,
    Blocked,
    Database,
    KeyValue,
    Query,
    StoreError,
    Tx,
)


class World:
    """A host with concrete data. Terms are tuples (`term`, op, args...); `data` gives some a value, and
    existence questions are true unless `absent` holds their key."""

    def __init__(
        self, data: Mapping[tuple[Any, ...], Any] | None = None, absent: Sequence[tuple[Any, ...]] = ()
    ) -> None:
        self.data = dict(data or {})
        self.absent = set(absent)
        self.asked: dict[Any, bool] = {}
        self.counter = itertools.count(1)
        self.reads: list[tuple[Any, ...]] = []
        self.writes: list[tuple[Any, ...]] = []
        self.excuses: list[str] = []
        self.unblocked = 0
        self.contended: set[tuple[Any, ...]] = set()

    def term(self, op: str, *args: Any) -> Any:
        return self.data.get((op, *args), ("term", op, *args))

    def fresh(self, name: str) -> Any:
        return ("fresh", name, next(self.counter))

    def ask(self, question: Any, first: bool = True) -> bool:
        if not self.is_term(question):
            return bool(question)
        if question[1] == "exists":
            self.asked.setdefault(question, question[2:] not in self.absent)
        return self.asked.setdefault(question, True)

    def assume(self, question: Any, answer: bool) -> bool:
        return self.asked.setdefault(question, answer)

    def equal(self, a: Any, b: Any, likely: bool = False) -> bool:
        return bool(a == b)

    def decide(self, op: str, a: Any, b: Any) -> bool:
        if self.is_term(a) or self.is_term(b):
            return self.ask(("term", op, a, b))
        return bool({"<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b}[op])

    def compute(self, op: str, a: Any, b: Any) -> Any:
        if self.is_term(a) or self.is_term(b):
            return self.term(op, a, b)
        return {"*": lambda: a * b, "/": lambda: a / b, "%": lambda: a % b, "||": lambda: f"{a}{b}"}[op]()

    def known_equal(self, value: Any) -> Sequence[Any]:
        return ()

    def is_null(self, value: Any, likely: bool = False) -> bool:
        return value is None or (self.is_term(value) and value[1:] in self.absent)

    def is_term(self, value: Any) -> bool:
        return isinstance(value, tuple) and value[0] == "term"

    def linear(self, value: Any) -> tuple[int | float, tuple[tuple[Any, int | float], ...]] | None:
        if isinstance(value, (int, float)):
            return value, ()
        if isinstance(value, tuple) and value[:2] == ("term", "linear"):
            return value[2], value[3]
        return (0, ((value, 1),)) if self.is_term(value) else None

    def sum(self, constant: int | float, parts: tuple[tuple[Any, int | float], ...]) -> Any:
        if not parts:
            return constant
        if not constant and len(parts) == 1 and parts[0][1] == 1:
            return parts[0][0]
        return ("term", "linear", constant, tuple(sorted(parts, key=repr)))

    def elements(self, value: Any) -> Sequence[Any] | None:
        return value[1:] if isinstance(value, tuple) and value[0] == "list" else None

    def unrolled(self, value: Any) -> Sequence[Any] | None:
        return value[1:] if isinstance(value, tuple) and value[0] == "list" else None

    def strip(self, value: Any) -> Any:
        return value

    def key(self, value: Any) -> Any:
        return value

    def carry(self, value: Any, sources: Sequence[Any]) -> Any:
        return value

    def now(self) -> Any:
        return len(self.reads)

    def note_read(self, loc: tuple[Any, ...], value: Any, at: Any) -> Any:
        self.reads.append(loc)
        return value

    def note_write(self, loc: tuple[Any, ...], value: Any, at: Any) -> None:
        self.writes.append(loc)

    def contend(self, key: tuple[Any, ...], shared: bool) -> None:
        self.contended.add(key)

    def order(self, loc: Any, writes: bool) -> None:
        pass

    def unblock(self) -> None:
        self.unblocked += 1

    def excuse(self, reason: str, own: bool = False) -> None:
        self.excuses.append(reason)


def bind(expr: Expr, params: Sequence[Any]) -> Expr:
    if isinstance(expr, Param):
        assert isinstance(expr.index, int)
        return Lit(params[expr.index - 1])
    return Op(expr.name, tuple(bind(arg, params) for arg in expr.args)) if isinstance(expr, Op) else expr


def update(db: Database, tx: Tx | None, text: str, *params: Any) -> Affected:
    (statement,) = parse(text, "postgres")
    assert isinstance(statement, Update)
    where = tuple(bind(c, params) for c in statement.where)
    return db.update(
        tx,
        Query(statement.table, where),
        [(name, bind(expr, params)) for name, expr in statement.assignments],
    )


def insert(db: Database, tx: Tx | None, text: str, *params: Any) -> Any:
    (statement,) = parse(text, "postgres")
    assert isinstance(statement, Insert)
    data = dict(zip(statement.columns, (p for p in params), strict=True))
    return db.insert(tx, statement.table, data)


def query(text: str, *params: Any, one: bool = False) -> Query:
    (statement,) = parse(text, "postgres")
    assert isinstance(statement, Select)
    where = tuple(bind(c, params) for c in statement.where)
    return Query(
        statement.tables[0].name,
        where,
        one or statement.limit == Lit(1),
        False,
        statement.for_update,
        statement.skip_locked,
    )


def column(db: Database, tx: Tx | None, name: str, text: str, *params: Any) -> Any:
    rows = db.find(tx, query(text, *params)).rows
    return rows[0].get(name) if rows else None


STOCK = {("item.stock", 7): 10, ("item.stock", 8): 3}
GET = "SELECT stock FROM items WHERE id = $1"


def shop(dialect: str = "postgres", schema: Schema = EMPTY, **more: Any) -> tuple[World, Database]:
    world = World({**STOCK, **more.get("data", {})}, more.get("absent", ()))
    return world, Database(world, "db", dialect, schema)


# -- autocommit


def test_unknown_columns_are_the_same_term_each_time() -> None:
    _, db = shop()
    assert column(db, None, "price", "SELECT * FROM items WHERE id = $1", 7) == ("term", "item.price", 7)
    assert column(db, None, "price", "SELECT * FROM items WHERE id = $1", 7) == ("term", "item.price", 7)
    assert db.state() == {}


def test_the_same_row_under_snake_and_camel_names() -> None:
    _, db = shop()
    update(db, None, 'UPDATE "Item" SET "onHand" = $1 WHERE id = $2', 5, 7)
    assert column(db, None, "on_hand", "SELECT on_hand FROM items WHERE id = $1", 7) == 5


@given(st.permutations([("+", 2), ("-", 5), ("+", 11)]))
def test_relative_updates_commute(steps: list[tuple[str, int]]) -> None:
    for data in ({}, STOCK):
        db = Database(World(data), "db")
        for sign, amount in steps:
            update(db, None, f"UPDATE items SET stock = stock {sign} $1 WHERE id = $2", amount, 7)
        value = column(db, None, "stock", GET, 7)
        assert value == (18 if data else ("term", "linear", 8, ((("term", "item.stock", 7), 1),)))


@given(st.integers(0, 9), st.integers(0, 9), st.booleans())
def test_absolute_updates_from_stale_reads_lose_one(a: int, b: int, interleaved: bool) -> None:
    _, db = shop()
    first = column(db, None, "stock", GET, 7)
    second = column(db, None, "stock", GET, 7) if interleaved else None
    update(db, None, "UPDATE items SET stock = $1 WHERE id = $2", first - a, 7)
    second = column(db, None, "stock", GET, 7) if second is None else second
    update(db, None, "UPDATE items SET stock = $1 WHERE id = $2", second - b, 7)
    assert column(db, None, "stock", GET, 7) == (10 - b if interleaved else 10 - a - b)


@given(st.lists(st.integers(1, 6), max_size=6))
def test_a_guard_is_decided_on_the_row_as_it_is(amounts: list[int]) -> None:
    _, db = shop()
    left = 10
    for amount in amounts:
        done = update(db, None, "UPDATE items SET stock = stock - $1 WHERE id = $2 AND stock >= $1", amount, 7)
        assert done.count == (1 if amount <= left else 0)
        left -= amount * done.count
    assert column(db, None, "stock", GET, 7) == left


def test_a_version_that_moved_on_matches_nothing() -> None:
    db = Database(World(), "db")
    text = "UPDATE docs SET body = $1, version = version + 1 WHERE id = $2 AND version = $3"
    seen = column(db, None, "version", "SELECT * FROM docs WHERE id = $1", 4)
    assert update(db, None, text, "a", 4, seen).count == 1
    assert update(db, None, text, "b", 4, seen).count == 0
    assert update(db, None, text, "c", 4, column(db, None, "version", "SELECT * FROM docs WHERE id = $1", 4)).count == 1


def test_an_id_that_was_read_names_the_row_it_came_from() -> None:
    _, db = shop()
    ident = column(db, None, "id", "SELECT id FROM items WHERE sku = $1", ("term", "arg", "sku"))
    update(db, None, "UPDATE items SET stock = $1 WHERE id = $2", 1, ident)
    assert column(db, None, "stock", "SELECT * FROM items WHERE sku = $1", ("term", "arg", "sku")) == 1


def test_different_keys_are_different_rows() -> None:
    _, db = shop()
    update(db, None, "UPDATE items SET stock = $1 WHERE id = $2", 1, 7)
    assert column(db, None, "stock", GET, 8) == 3


def test_a_row_that_was_deleted_is_gone() -> None:
    _, db = shop()
    assert db.delete(None, query("SELECT * FROM items WHERE id = $1", 7)).count == 1
    assert db.delete(None, query("SELECT * FROM items WHERE id = $1", 7)).count == 0
    assert db.find(None, query(GET, 7)).rows == ()


def test_reads_and_writes_name_their_locations() -> None:
    world, db = shop()
    column(db, None, "stock", GET, 7)
    update(db, None, "UPDATE items SET stock = $1 WHERE id = $2", 1, 7)
    assert ("row", "item", (("id", 7),), "stock") in world.reads
    assert world.writes == [("row", "item", (("id", 7),), "stock"), ("table", "item")]


def test_an_unknown_list_parameter_asks_and_a_known_one_compares() -> None:
    _, db = shop()
    db.insert(None, "items", {"id": 1, "kind": "a"})
    db.insert(None, "items", {"id": 2, "kind": "b"})
    rows = db.find(None, query("SELECT * FROM items WHERE kind = ANY($1)", ("list", "a", "c")))
    assert [view.get("id") for view in rows.rows] == [1]
    assert rows.rest is not None


# -- inserting, uniqueness, predicates

UNIQUE = from_sql("CREATE TABLE accounts (id int PRIMARY KEY, handle text UNIQUE)")
ABSENT = [("account", "handle", "ada")]
FIND = "SELECT * FROM accounts WHERE handle = $1"


def test_an_inserted_row_is_found() -> None:
    _, db = shop(absent=ABSENT)
    assert db.find(None, query(FIND, "ada", one=True)).rows == ()
    insert(db, None, "INSERT INTO accounts (handle) VALUES ($1)", "ada")
    (view,) = db.find(None, query(FIND, "ada", one=True)).rows
    assert view.get("handle") == "ada"
    assert view.get("id")[0] == "fresh"


def test_a_declared_unique_key_refuses_the_second() -> None:
    _, db = shop(schema=UNIQUE, absent=ABSENT)
    insert(db, None, "INSERT INTO accounts (handle) VALUES ($1)", "ada")
    with pytest.raises(StoreError) as caught:
        insert(db, None, "INSERT INTO accounts (handle) VALUES ($1)", "ada")
    assert (caught.value.kind, caught.value.columns) == ("unique", ("handle",))
    assert len(db.state()["account"]) == 1


def test_without_a_constraint_both_rows_stay() -> None:
    _, db = shop(absent=ABSENT)
    for _ in range(2):
        insert(db, None, "INSERT INTO accounts (handle) VALUES ($1)", "ada")
    assert len(db.state()["account"]) == 2


def test_changing_a_unique_column_onto_another_row_is_refused() -> None:
    _, db = shop(schema=UNIQUE, absent=ABSENT)
    insert(db, None, "INSERT INTO accounts (handle) VALUES ($1)", "ada")
    with pytest.raises(StoreError, match="unique"):
        update(db, None, "UPDATE accounts SET handle = $1 WHERE id = $2", "ada", 9)


def test_an_insert_waits_for_the_same_key_of_an_open_transaction() -> None:
    _, db = shop(schema=UNIQUE, absent=ABSENT)
    first, second = db.begin(), db.begin()
    db.insert(first, "accounts", {"handle": "ada"})
    with pytest.raises(Blocked):
        db.insert(second, "accounts", {"handle": "ada"})
    db.commit(first)
    with pytest.raises(StoreError, match="unique"):
        db.insert(second, "accounts", {"handle": "ada"})


def test_upserts_meet_on_one_row() -> None:
    _, db = shop(schema=UNIQUE, absent=ABSENT)
    bump = [("n", Op("+", (Col("n"), Col("n", "excluded"))))]
    assert db.upsert(None, "accounts", {"handle": "ada", "n": 1}, ["handle"], bump)[1] == "inserted"
    row, what = db.upsert(None, "accounts", {"handle": "ada", "n": 4}, ["handle"], bump)
    assert what == "updated"
    assert row is not None
    assert row.get("n") == 5
    assert db.upsert(None, "accounts", {"handle": "ada"}, [], None) == (None, "nothing")


def test_counts_follow_inserts_deletes_and_changes() -> None:
    world = World({("count", "seat", "event = 1 and status = 'free'"): 5, ("seat.event", 3): 1, ("seat.event", 4): 1})
    db = Database(world, "db")
    count = query("SELECT count(*) FROM seats WHERE event = $1 AND status = 'free'", 1)
    assert db.count(None, count) == 5
    db.insert(None, "seats", {"id": 1, "event": 1, "status": "free"})
    db.insert(None, "seats", {"id": 2, "event": 2, "status": "free"})
    assert db.count(None, count) == 6
    world.data["seat.status", 3] = "free"
    update(db, None, "UPDATE seats SET status = $1 WHERE id = $2", "held", 3)
    assert db.count(None, count) == 5
    world.data["seat.status", 4] = "free"
    db.delete(None, query("SELECT * FROM seats WHERE id = $1", 4))
    assert db.count(None, count) == 4


def test_a_list_by_a_parent_is_shorter_after_one_that_is_on_it_has_gone() -> None:
    _, db = shop(data={("member.team_id", 4): ("term", "team")})
    listed = "SELECT id FROM members WHERE team_id = $1"
    before = db.find(None, query(listed, ("term", "team")))
    db.delete(None, query("SELECT id FROM members WHERE id = $1", 4))
    after = db.find(None, query(listed, ("term", "team")))
    assert (before.known, after.known) == ((), ((("id", 4),),))
    assert after.rest == before.rest
    assert ("table", "member") in after.seen


def test_sums_follow_changes() -> None:
    world = World({("item.stock", 7): 10})
    db = Database(world, "db")
    everything = Query("items")
    before = db.aggregate(None, everything, "sum", "stock")
    update(db, None, "UPDATE items SET stock = stock + 4 WHERE id = $1", 7)
    db.insert(None, "items", {"id": 9, "stock": 5})
    assert db.aggregate(None, everything, "sum", "stock") == world.sum(9, ((before, 1),))
    top = db.aggregate(None, everything, "max", "stock")
    db.insert(None, "items", {"id": 11, "stock": 5})
    assert db.aggregate(None, everything, "max", "stock") != top


def test_a_bulk_write_reaches_rows_seen_later() -> None:
    world = World({("job.status", 5): "old"})
    db = Database(world, "db")
    db.insert(None, "jobs", {"id": 1, "status": "old"})
    update(db, None, "UPDATE jobs SET status = 'dead' WHERE status = 'old'")
    assert column(db, None, "status", "SELECT * FROM jobs WHERE id = $1", 1) == "dead"
    assert column(db, None, "status", "SELECT * FROM jobs WHERE id = $1", 5) == "dead"
    assert "job" in db.state()


PICK = "SELECT id FROM jobs WHERE status = 'pending' LIMIT 1"


def test_picking_without_a_key_gives_the_next_row_that_still_matches() -> None:
    db = Database(World(), "db")
    first = column(db, None, "id", PICK)
    assert column(db, None, "id", PICK) == first
    update(db, None, "UPDATE jobs SET status = 'running' WHERE id = $1", first)
    second = column(db, None, "id", PICK)
    assert second != first
    assert column(db, None, "status", "SELECT * FROM jobs WHERE id = $1", second) == "pending"


def test_skip_locked_takes_another_row_and_for_update_waits() -> None:
    db = Database(World(), "db")
    one, two = db.begin(), db.begin()
    first = column(db, one, "id", PICK + " FOR UPDATE SKIP LOCKED")
    assert column(db, two, "id", PICK + " FOR UPDATE SKIP LOCKED") != first
    with pytest.raises(Blocked):
        db.find(db.begin(), query(PICK + " FOR UPDATE"))


# -- transactions


def test_nobody_sees_what_is_not_committed_and_rollback_forgets_it() -> None:
    world, db = shop()
    tx = db.begin()
    update(db, tx, "UPDATE items SET stock = $1 WHERE id = $2", 1, 7)
    db.insert(tx, "items", {"id": 9, "stock": 2})
    assert column(db, tx, "stock", GET, 7) == 1
    assert column(db, None, "stock", GET, 7) == 10
    assert world.writes == []
    db.rollback(tx)
    assert db.state() == {}
    tx = db.begin()
    update(db, tx, "UPDATE items SET stock = $1 WHERE id = $2", 1, 7)
    db.commit(tx)
    assert column(db, None, "stock", GET, 7) == 1
    assert world.writes


def test_read_committed_lets_both_read_the_old_value() -> None:
    _, db = shop()
    one, two = db.begin(), db.begin()
    assert column(db, one, "stock", GET, 7) == column(db, two, "stock", GET, 7) == 10
    update(db, one, "UPDATE items SET stock = $1 WHERE id = $2", 9, 7)
    with pytest.raises(Blocked) as caught:
        update(db, two, "UPDATE items SET stock = $1 WHERE id = $2", 9, 7)
    assert caught.value.owners == {one}
    db.commit(one)
    assert update(db, two, "UPDATE items SET stock = $1 WHERE id = $2", 9, 7).count == 1
    db.commit(two)
    assert column(db, None, "stock", GET, 7) == 9


def test_for_update_makes_the_second_read_wait_and_see_the_new_value() -> None:
    world, db = shop()
    one, two = db.begin(), db.begin()
    assert column(db, one, "stock", GET + " FOR UPDATE", 7) == 10
    assert ("row", "db", "item", (("id", 7),)) in world.contended
    with pytest.raises(Blocked):
        column(db, two, "stock", GET + " FOR UPDATE", 7)
    assert column(db, two, "stock", GET, 7) == 10
    update(db, one, "UPDATE items SET stock = $1 WHERE id = $2", 9, 7)
    db.commit(one)
    assert world.unblocked
    assert column(db, two, "stock", GET + " FOR UPDATE", 7) == 9


@pytest.mark.parametrize(("dialect", "fails"), [("postgres", True), ("mysql", False)])
def test_repeatable_read(dialect: str, fails: bool) -> None:
    world, db = shop(dialect)
    tx = db.begin("repeatable read")
    assert column(db, tx, "stock", GET, 7) == 10
    update(db, None, "UPDATE items SET stock = stock - 1 WHERE id = $1", 7)
    assert column(db, tx, "stock", GET, 7) == 10
    if fails:
        with pytest.raises(StoreError, match="serialization"):
            update(db, tx, "UPDATE items SET stock = stock - 1 WHERE id = $1", 7)
        assert world.excuses
    else:
        update(db, tx, "UPDATE items SET stock = stock - 1 WHERE id = $1", 7)
        db.commit(tx)
        assert column(db, None, "stock", GET, 7) == 8


def test_repeatable_read_does_not_prevent_write_skew() -> None:
    _, db = shop()
    one, two = db.begin("repeatable read"), db.begin("repeatable read")
    for tx in (one, two):
        assert (column(db, tx, "stock", GET, 7), column(db, tx, "stock", GET, 8)) == (10, 3)
    update(db, one, "UPDATE items SET stock = 0 WHERE id = $1", 7)
    update(db, two, "UPDATE items SET stock = 0 WHERE id = $1", 8)
    db.commit(one)
    db.commit(two)
    assert len(db.state()["item"]) == 2


@pytest.mark.parametrize(("dialect", "isolation"), [("postgres", "serializable"), ("sqlite", None)])
def test_serializable_transactions_run_one_by_one(dialect: str, isolation: str | None) -> None:
    _, db = shop(dialect)
    one, two = db.begin(isolation), db.begin(isolation)
    column(db, one, "stock", GET, 7)
    with pytest.raises(Blocked):
        column(db, two, "stock", GET, 8)
    db.rollback(one)
    assert column(db, two, "stock", GET, 8) == 3


def test_the_database_breaks_a_deadlock() -> None:
    world, db = shop()
    one, two = db.begin(), db.begin()
    update(db, one, "UPDATE items SET stock = 0 WHERE id = $1", 7)
    update(db, two, "UPDATE items SET stock = 0 WHERE id = $1", 8)
    with pytest.raises(Blocked):
        update(db, one, "UPDATE items SET stock = 0 WHERE id = $1", 8)
    with pytest.raises(StoreError, match="deadlock"):
        update(db, two, "UPDATE items SET stock = 0 WHERE id = $1", 7)
    assert world.excuses == ["database deadlock"]


def test_advisory_locks_exclude_by_key() -> None:
    _, db = shop()
    one, two = db.begin(), db.begin()
    assert db.advisory_lock(one, [("term", "arg", "a")], "exclusive", True)
    assert not db.advisory_lock(two, [("term", "arg", "a")], "exclusive", False)
    assert db.advisory_lock(two, [("term", "arg", "b")], "exclusive", False)
    with pytest.raises(Blocked):
        db.advisory_lock(two, [("term", "arg", "a")], "exclusive", True)
    db.commit(one)
    assert db.advisory_lock(two, [("term", "arg", "a")], "exclusive", True)


def test_a_table_lock_stops_writers() -> None:
    _, db = shop()
    tx = db.begin()
    db.lock_table(tx, "items", "exclusive")
    with pytest.raises(Blocked):
        update(db, None, "UPDATE items SET stock = 0 WHERE id = $1", 7)
    with pytest.raises(Blocked):
        db.insert(None, "items", {"id": 1})
    assert column(db, None, "stock", GET, 7) == 10


def test_savepoints_forget_what_came_after() -> None:
    _, db = shop()
    tx = db.begin()
    update(db, tx, "UPDATE items SET stock = 1 WHERE id = $1", 7)
    db.savepoint(tx, "s")
    update(db, tx, "UPDATE items SET stock = 2 WHERE id = $1", 7)
    db.rollback_to(tx, "s")
    db.commit(tx)
    assert column(db, None, "stock", GET, 7) == 1


def test_several_operations_as_one_leave_nothing_behind_when_one_waits() -> None:
    _, db = shop()
    other = db.begin()
    update(db, other, "UPDATE items SET stock = 1 WHERE id = $1", 8)

    def both(tx: Tx) -> None:
        update(db, tx, "UPDATE items SET stock = 5 WHERE id = $1", 7)
        update(db, tx, "UPDATE items SET stock = 5 WHERE id = $1", 8)

    with pytest.raises(Blocked):
        db.atomically(None, both)
    assert db.state() == {}
    db.rollback(other)
    db.atomically(None, both)
    assert len(db.state()["item"]) == 2


def test_using_a_finished_transaction_is_an_error() -> None:
    _, db = shop()
    tx = db.begin()
    db.commit(tx)
    with pytest.raises(StoreError, match="closed"):
        column(db, tx, "stock", GET, 7)


OPERATIONS: list[Callable[[Database, Tx | None], Any]] = [
    lambda db, tx: update(db, tx, "UPDATE items SET stock = stock - 1 WHERE id = $1", 7),
    lambda db, tx: update(db, tx, "UPDATE items SET stock = 4 WHERE id = $1", 7),
    lambda db, tx: update(db, tx, "UPDATE items SET stock = stock - 2 WHERE id = $1 AND stock >= 2", 8),
    lambda db, tx: db.insert(tx, "items", {"id": 9, "stock": 1}),
    lambda db, tx: db.delete(tx, query(GET, 8)),
    lambda db, tx: db.count(tx, Query("items", (Op("=", (Col("stock"), Lit(4))),))),
    lambda db, tx: db.find(tx, query(GET, 7)),
    lambda db, tx: update(db, tx, "UPDATE items SET stock = 6 WHERE stock = 4"),
]


@given(
    st.lists(st.sampled_from(OPERATIONS), max_size=6),
    st.sampled_from([None, "repeatable read", "serializable"]),
)
def test_one_transaction_alone_does_what_autocommit_does(
    operations: list[Callable[[Database, Tx | None], Any]], isolation: str | None
) -> None:
    def run(in_tx: bool) -> Any:
        _, db = shop()
        tx = db.begin(isolation) if in_tx else None
        failed: list[Any] = []
        for operation in operations:
            try:
                operation(db, tx)
            except StoreError:
                failed.append(operation)
        if tx is not None:
            db.commit(tx)
        assert not any(db.locks.held.values())
        return db.state(), failed

    assert run(True) == run(False)


# -- keys and values


def redis(data: Mapping[tuple[Any, ...], Any] | None = None, absent: Sequence[tuple[Any, ...]] = ()) -> KeyValue:
    return KeyValue(World(data, absent), "redis")


def test_get_set_delete() -> None:
    kv = redis()
    assert kv.get("a") == ("term", "redis", "a")
    kv.set("a", 1)
    assert (kv.get("a"), kv.has("a"), kv.delete("a"), kv.has("a"), kv.delete("a")) == (
        1,
        True,
        True,
        False,
        False,
    )


@given(st.permutations([1, 2, 5]))
def test_increments_commute(amounts: list[int]) -> None:
    kv = redis()
    for amount in amounts:
        kv.add("n", amount)
    assert kv.get("n") == ("term", "linear", 8, ((("term", "redis", "n"), 1),))


def test_set_nx_admits_one() -> None:
    kv = redis(absent=[("redis", "lock")])
    assert kv.set_if("lock", "me", present=False) is True
    assert kv.set_if("lock", "you", present=False) is False
    assert kv.compare_and_set("lock", "you", None) is False
    assert kv.compare_and_set("lock", "me", None) is True
    assert kv.set_if("lock", "you", present=False) is True


def test_watch_compares_versions() -> None:
    kv = redis()
    before = kv.version("a")
    kv.get("a")
    assert kv.version("a") == before
    kv.set("a", 2)
    assert kv.version("a") != before


def test_members_and_sizes() -> None:
    kv = redis({("redis.size", "s"): 0}, [("redis", "s", "x")])
    assert (kv.add_member("s", "x"), kv.add_member("s", "x"), kv.size("s")) == (True, False, 1)
    assert (kv.remove_member("s", "x"), kv.remove_member("s", "x"), kv.size("s")) == (True, False, 0)


def test_queues_give_each_element_once() -> None:
    kv = redis()
    first, second = kv.pop("q"), kv.pop("q")
    assert first != second
    empty = redis(absent=[("pop", ("term", "redis", "q"))])
    assert empty.pop("q") is None
    empty.push("q", "job")
    assert (empty.pop("q"), empty.pop("q")) == ("job", None)


def test_what_is_not_understood_is_atomic_and_depends_on_the_keys() -> None:
    kv = redis()
    one, two = kv.apply("lua:f", ["a"], [1]), kv.apply("lua:f", ["a"], [1])
    assert one != two
    top = kv.look("zrange", "z", [0, 10])
    assert kv.look("zrange", "z", [0, 10]) == top
    kv.add_member("z", "m", 3)
    assert kv.look("zrange", "z", [0, 10]) != top
