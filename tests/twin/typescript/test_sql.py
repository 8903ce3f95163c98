"""SQL text in, neutral tree out. Each row: dialect, text, expected statements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from krepis.twin.typescript import sql
from krepis.twin.typescript.sql import (
    Begin,
    Col,
    Commit,
    Conflict,
    Delete,
    Expr,
    Insert,
    Lit,
    Lock,
    Op,
    Other,
    Output,
    Param,
    Release,
    Rollback,
    Savepoint,
    Select,
    SetIsolation,
    Statement,
    Sub,
    Table,
    Unknown,
    Unlock,
    Update,
    parse,
)

PG, MY, LITE = "postgres", "mysql", "sqlite"
STAR = Output("", None)
T = (Table("t"),)


def op(name: str, *args: Expr | int | str) -> Op:
    return Op(name, tuple(Lit(a) if isinstance(a, (int, str)) else a for a in args))


def out(*names: str) -> tuple[Output, ...]:
    return tuple(Output(name, Col(name)) for name in names)


ID = op("=", Col("id"), Param(1))
PENDING = Select(
    (Table("jobs"),),
    out("id"),
    (op("=", Col("status"), "pending"),),
    for_update="update",
    skip_locked=True,
    limit=Lit(1),
)

STATEMENTS: list[tuple[str, str, Statement | tuple[Statement, ...]]] = [
    # reading
    (PG, "SELECT balance FROM t WHERE id = $1", Select(T, out("balance"), (ID,))),
    (MY, "SELECT balance FROM t WHERE id = ?", Select(T, out("balance"), (ID,))),
    (
        LITE,
        "SELECT balance FROM t WHERE id = @id",
        Select(T, out("balance"), (op("=", Col("id"), Param("id")),)),
    ),
    (
        LITE,
        "SELECT balance FROM t WHERE id = $id",
        Select(T, out("balance"), (op("=", Col("id"), Param("id")),)),
    ),
    (PG, "select * from t where id = :id", Select(T, (STAR,), (op("=", Col("id"), Param("id")),))),
    (
        PG,
        'SELECT "seatsLeft" FROM "t" WHERE id = $1 FOR UPDATE',
        Select(T, out("seatsLeft"), (ID,), "update"),
    ),
    (PG, "SELECT * FROM t WHERE id = $1 FOR NO KEY UPDATE", Select(T, (STAR,), (ID,), "update")),
    (PG, "SELECT * FROM t WHERE id = $1 FOR SHARE", Select(T, (STAR,), (ID,), "share")),
    (PG, "SELECT * FROM t WHERE id = $1 FOR UPDATE NOWAIT", Select(T, (STAR,), (ID,), "update", nowait=True)),
    (MY, "SELECT * FROM t WHERE id = ? LOCK IN SHARE MODE", Select(T, (STAR,), (ID,), "share")),
    (
        PG,
        "SELECT id FROM jobs WHERE status = 'pending' LIMIT 1 FOR UPDATE SKIP LOCKED",
        PENDING,
    ),
    (
        PG,
        "SELECT count(*) FROM t WHERE org = $1 AND role = 'OWNER'",
        Select(
            T,
            (Output("count", op("agg:count")),),
            (op("=", Col("org"), Param(1)), op("=", Col("role"), "OWNER")),
            aggregates=("count",),
        ),
    ),
    (
        PG,
        "SELECT COALESCE(SUM(x), 0)::int AS total FROM t",
        Select(T, (Output("total", op("fn:coalesce", op("agg:sum", Col("x")), 0)),), aggregates=("sum",)),
    ),
    (
        PG,
        "SELECT a.x, b.* FROM t a JOIN u AS b ON b.t_id = a.id WHERE a.id = $1",
        Select(
            (Table("t", "a"), Table("u", "b")),
            (Output("x", Col("x", "a")), Output("b", None)),
            (op("=", Col("id", "a"), Param(1)), op("=", Col("t_id", "b"), Col("id", "a"))),
        ),
    ),
    (PG, "SELECT * FROM app.t WHERE $1 <= n", Select(T, (STAR,), (op(">=", Col("n"), Param(1)),))),
    (
        MY,
        "SELECT * FROM t WHERE id IN (?, ?)",
        Select(T, (STAR,), (op("in", Col("id"), Param(1), Param(2)),)),
    ),
    (PG, "SELECT * FROM t WHERE id = ANY($1::uuid[])", Select(T, (STAR,), (op("in", Col("id"), Param(1)),))),
    (PG, "SELECT * FROM t WHERE a IS NULL", Select(T, (STAR,), (op("isnull", Col("a")),))),
    (PG, "SELECT * FROM t WHERE a IS NOT NULL", Select(T, (STAR,), (op("not", op("isnull", Col("a"))),))),
    (
        PG,
        "SELECT * FROM t WHERE a = 1 OR b = 2",
        Select(T, (STAR,), (op("or", op("=", Col("a"), 1), op("=", Col("b"), 2)),)),
    ),
    (
        PG,
        "SELECT * FROM t WHERE n BETWEEN 1 AND 2",
        Select(T, (STAR,), (op("and", op(">=", Col("n"), 1), op("<=", Col("n"), 2)),)),
    ),
    (
        PG,
        "SELECT * FROM t WHERE name ILIKE 'x%' AND n <> -1",
        Select(T, (STAR,), (op("like", Col("name"), "x%"), op("<>", Col("n"), -1))),
    ),
    (PG, "SELECT * FROM t WHERE a NOT LIKE 'x'", Select(T, (STAR,), (op("not", op("like", Col("a"), "x")),))),
    (PG, "SELECT * FROM t WHERE a NOT IN (1)", Select(T, (STAR,), (op("not", op("in", Col("a"), 1)),))),
    (PG, "SELECT 1 UNION SELECT 2", Select((), (Output("?column?", Lit(1)),))),
    (PG, "WITH q AS (SELECT * FROM t WHERE id = $1) SELECT * FROM q", Select(T, (STAR,), (ID,))),
    (
        PG,
        "SELECT id FROM t WHERE EXISTS (SELECT x FROM u)",
        Select(T, out("id"), (op("exists", Sub(Select((Table("u"),), out("x")))),)),
    ),
    (PG, "SELECT k FROM t GROUP BY k", Select(T, out("k"), grouped=True)),
    (PG, "SELECT id FROM t ORDER BY id", Select(T, out("id"), order=("id NULLS LAST",))),
    # changing
    (PG, "UPDATE t SET x = $2 WHERE id = $1", Update("t", (("x", Param(2)),), (ID,))),
    (PG, "UPDATE t SET x = x - 1 WHERE id = $1", Update("t", (("x", op("-", Col("x"), 1)),), (ID,))),
    (
        MY,
        "UPDATE t SET x = ? + x WHERE id = 3",
        Update("t", (("x", op("+", Param(1), Col("x"))),), (op("=", Col("id"), 3),)),
    ),
    (
        PG,
        "UPDATE t SET x = x - $2 WHERE id = $1 AND x >= $2 RETURNING x",
        Update("t", (("x", op("-", Col("x"), Param(2))),), (ID, op(">=", Col("x"), Param(2))), out("x")),
    ),
    (
        PG,
        "UPDATE t SET body = $3, version = version + 1 WHERE id = $1 AND version = $2",
        Update(
            "t",
            (("body", Param(3)), ("version", op("+", Col("version"), 1))),
            (ID, op("=", Col("version"), Param(2))),
        ),
    ),
    (PG, "UPDATE t SET (x, y) = ($2, 5) WHERE id = $1", Update("t", (("x", Param(2)), ("y", Lit(5))), (ID,))),
    (
        MY,
        "UPDATE t SET ? WHERE id = ?",
        Update("t", ((sql.SET_COLUMN, Param(1)),), (op("=", Col("id"), Param(2)),)),
    ),
    (
        PG,
        "UPDATE t SET n = COALESCE(n, 0) + 1 WHERE id = $1",
        Update("t", (("n", op("+", op("fn:coalesce", Col("n"), 0), 1)),), (ID,)),
    ),
    (
        PG,
        "UPDATE t SET x = CASE WHEN x > 0 THEN x - 1 ELSE 0 END",
        Update("t", (("x", op("case", op(">", Col("x"), 0), op("-", Col("x"), 1), 0)),)),
    ),
    (
        PG,
        "UPDATE jobs SET s = 'r' WHERE id = (SELECT id FROM jobs WHERE status = 'pending' LIMIT 1"
        " FOR UPDATE SKIP LOCKED) RETURNING *",
        Update("jobs", (("s", Lit("r")),), (op("=", Col("id"), Sub(PENDING)),), (STAR,)),
    ),
    (
        PG,
        "WITH next AS (SELECT id FROM jobs WHERE status = 'pending' LIMIT 1 FOR UPDATE SKIP LOCKED)"
        " UPDATE jobs SET s = 'r' FROM next WHERE jobs.id = next.id RETURNING jobs.id",
        Update(
            "jobs",
            (("s", Lit("r")),),
            (op("=", Col("id", "jobs"), Sub(PENDING)),),
            (Output("id", Col("id", "jobs")),),
        ),
    ),
    (
        PG,
        "UPDATE t SET x = u.y FROM u WHERE u.id = t.id",
        Update("t", (("x", Col("y", "u")),), (op("=", Col("id", "u"), Col("id", "t")),), (), (Table("u"),)),
    ),
    (PG, "DELETE FROM t WHERE id = $1 RETURNING *", Delete("t", (ID,), (STAR,))),
    (MY, "DELETE FROM t WHERE id = ? LIMIT 1", Delete("t", (ID,), limit=Lit(1))),
    (PG, "WITH d AS (DELETE FROM t WHERE id = $1 RETURNING *) SELECT * FROM d", Delete("t", (ID,), (STAR,))),
    # adding
    (PG, "INSERT INTO t (a, b) VALUES ($1, 2)", Insert("t", ("a", "b"), ((Param(1), Lit(2)),))),
    (PG, "INSERT INTO t VALUES ($1), ($2)", Insert("t", (), ((Param(1),), (Param(2),)))),
    (MY, "INSERT INTO t (a) VALUES ?", Insert("t", ("a",), ((Param(1),),))),
    (MY, "INSERT INTO ?? (a) VALUES (?)", Insert("?1", ("a",), ((Param(2),),))),
    (PG, "INSERT INTO t DEFAULT VALUES RETURNING id", Insert("t", (), ((),), returning=out("id"))),
    (
        PG,
        "INSERT INTO t (a) VALUES ($1) ON CONFLICT DO NOTHING",
        Insert("t", ("a",), ((Param(1),),), on_conflict=Conflict("nothing")),
    ),
    (
        MY,
        "INSERT IGNORE INTO t (a) VALUES (?)",
        Insert("t", ("a",), ((Param(1),),), on_conflict=Conflict("nothing")),
    ),
    (
        LITE,
        "INSERT OR IGNORE INTO t (a) VALUES (?)",
        Insert("t", ("a",), ((Param(1),),), on_conflict=Conflict("nothing")),
    ),
    (
        PG,
        "INSERT INTO t (a,n) VALUES ($1,1) ON CONFLICT (a) DO UPDATE SET n = t.n + EXCLUDED.n WHERE t.n < 9",
        Insert(
            "t",
            ("a", "n"),
            ((Param(1), Lit(1)),),
            on_conflict=Conflict(
                "update",
                ("a",),
                (("n", op("+", Col("n", "t"), Col("n", "excluded"))),),
                (op("<", Col("n", "t"), 9),),
            ),
        ),
    ),
    (
        MY,
        "INSERT INTO t (a, n) VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + VALUES(n)",
        Insert(
            "t",
            ("a", "n"),
            ((Param(1), Lit(1)),),
            on_conflict=Conflict("update", (), (("n", op("+", Col("n"), Col("n", "excluded"))),)),
        ),
    ),
    (
        MY,
        "REPLACE INTO t (a) VALUES (?)",
        Insert("t", ("a",), ((Param(1),),), on_conflict=Conflict("update", (), (("a", Col("a", "excluded")),))),
    ),
    (
        PG,
        "INSERT INTO t (a) SELECT b FROM u WHERE id = $1",
        Insert("t", ("a",), select=Select((Table("u"),), out("b"), (ID,))),
    ),
    # transactions and locks
    (PG, "BEGIN", Begin()),
    (PG, "begin transaction isolation level repeatable read", Begin("repeatable read")),
    (PG, "START TRANSACTION ISOLATION LEVEL SERIALIZABLE", Begin("serializable")),
    (LITE, "BEGIN IMMEDIATE", Begin(None, "immediate")),
    (PG, "COMMIT", Commit()),
    (PG, "end;", Commit()),
    (PG, "ROLLBACK", Rollback()),
    (PG, "ROLLBACK TO SAVEPOINT s1", Rollback("s1")),
    (PG, "SAVEPOINT s1", Savepoint("s1")),
    (PG, "RELEASE SAVEPOINT s1", Release("s1")),
    (PG, "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", SetIsolation("serializable")),
    (MY, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", SetIsolation("read committed", True)),
    (PG, "LOCK TABLE app.t IN EXCLUSIVE MODE", Lock("table", (Lit("t"),))),
    (PG, "LOCK TABLE t IN SHARE MODE NOWAIT", Lock("table", (Lit("t"),), mode="share", wait=False)),
    (MY, "LOCK TABLES t WRITE", Lock("table", (Lit("t"),), "session")),
    (
        PG,
        "SELECT pg_advisory_xact_lock(hashtext($1))",
        Lock("advisory", (op("fn:hashtext", Param(1)),), column="pg_advisory_xact_lock"),
    ),
    (
        PG,
        "SELECT pg_advisory_lock(1, $1)",
        Lock("advisory", (Lit(1), Param(1)), "session", column="pg_advisory_lock"),
    ),
    (
        PG,
        "SELECT pg_try_advisory_lock($1) AS locked",
        Lock("advisory", (Param(1),), "session", wait=False, column="locked"),
    ),
    (PG, "SELECT pg_advisory_unlock($1)", Unlock((Param(1),), "pg_advisory_unlock")),
    (MY, "SELECT GET_LOCK(?, 10) AS ok", Lock("advisory", (Param(1),), "session", column="ok")),
    (MY, "SELECT RELEASE_LOCK(?)", Unlock((Param(1),), "release_lock")),
    # several, none, nonsense
    (PG, "BEGIN; COMMIT;", (Begin(), Commit())),
    (PG, "-- only a comment", ()),
    (PG, "", ()),
    (PG, "SELECT (((", Other("SELECT (((")),
    (PG, "CREATE TABLE t (id int)", Other("CREATE TABLE t (id int)")),
    (PG, "selec * frm t", Other("selec * frm t")),
]


@pytest.mark.parametrize(("dialect", "text", "expected"), STATEMENTS, ids=[row[1][:60] for row in STATEMENTS])
def test_statement(dialect: str, text: str, expected: Statement | tuple[Statement, ...]) -> None:
    assert parse(text, dialect) == (expected if isinstance(expected, tuple) else (expected,))


def test_placeholders_inside_strings_and_comments_do_not_count() -> None:
    (select,) = parse("SELECT '?' AS q /* ? */ FROM t WHERE a = ? AND b = '$1' AND c = ?", MY)
    assert isinstance(select, Select)
    assert select.where == (op("=", Col("a"), Param(1)), op("=", Col("b"), "$1"), op("=", Col("c"), Param(2)))


def test_question_mark_is_an_operator_beside_numbered_parameters() -> None:
    (select,) = parse("SELECT * FROM t WHERE tags ? 'x' AND id = $1", PG)
    assert isinstance(select, Select)
    assert select.where[1] == ID


def test_what_is_not_understood_is_unknown_and_keeps_its_parameters() -> None:
    (select,) = parse("SELECT * FROM t WHERE created < now() - interval '1 day'", PG)
    assert isinstance(select, Select)
    (condition,) = select.where
    assert isinstance(condition, Op)
    assert isinstance(condition.args[1], Op)
    assert isinstance(condition.args[1].args[1], Unknown)


def test_deep_nesting_is_survived() -> None:
    text = "SELECT * FROM t WHERE " + "(" * 5000 + "1" + ")" * 5000
    assert len(parse(text, PG)) == 1
    chain = "SELECT * FROM t WHERE " + " + ".join(["1"] * 3000) + " = 3000"
    assert len(parse(chain, PG)) == 1


@given(st.text(max_size=60), st.sampled_from(["", "SELECT ", "UPDATE t SET ", "INSERT INTO t ", "DELETE "]))
def test_any_text_is_survived(tail: str, head: str) -> None:
    for dialect in sql.DIALECTS:
        assert isinstance(parse(head + tail, dialect), tuple)


@given(st.integers(0, 200))
def test_truncated_text_is_survived(length: int) -> None:
    text = "INSERT INTO t (a) SELECT b FROM u WHERE id = (SELECT 1) ON CONFLICT (a) DO UPDATE SET n = t.n + 1"
    assert isinstance(parse(text[:length], PG), tuple)
