"""`krepis mutate`: what each operator takes away, that mutants are programs, and what verification says of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from krepis.server.mutate import OPERATORS, applied, in_turn, mutants
from krepis.twin.typescript.syntax import Syntax, parse

COMMAND = [sys.executable, "-c", "from krepis.server.cli import main; main()", "mutate"]
REMOVED = {
    "lock": [
        ("mutex.runExclusive(async () => { await f(); });", "(async () => { await f(); })();"),
        ("await locks.acquire(id, async () => 1);", "await (async () => 1)();"),
        ("await mutex.acquire();", "undefined;"),
        ("await tx.query('SELECT pg_advisory_xact_lock($1)', [1]);", "await tx.query('SELECT 1');"),
    ],
    "await": [
        ("await save(order);", "save(order);"),
        ("try { return await save(); } finally { done(); }", "try { return save(); } finally { done(); }"),
    ],
    "transaction": [
        ("await tx.query('BEGIN');", "await tx.query('SELECT 1');"),
        ("await tx.query(`BEGIN ISOLATION LEVEL SERIALIZABLE`);", "await tx.query(`BEGIN`);"),
        ("await prisma.$transaction(async (tx) => f(tx));", "await (async (tx) => f(tx))(prisma);"),
        ("await db.$transaction(async (tx) => f(tx), { isolationLevel: 'S' });", "await db.$transaction(async (tx) => f(tx));"),
    ],
    "where": [
        ("q('UPDATE a SET n = n - 1 WHERE id = $1 AND n >= $2');", "q('UPDATE a SET n = n - 1 WHERE id = $1 AND TRUE');"),
        ("q(`DELETE FROM a WHERE at < now() RETURNING id`);", "q(`DELETE FROM a WHERE TRUE RETURNING id`);"),
        ("a.updateMany({ where: { id, version }, data });", "a.updateMany({ where: { id }, data });"),
        ("Account.updateOne({ _id, balance: { $gte: n } }, change);", "Account.updateOne({ _id }, change);"),
    ],
    "for-update": [("q('SELECT * FROM a WHERE id = $1 FOR UPDATE SKIP LOCKED');", "q('SELECT * FROM a WHERE id = $1');")],
    "unique": [
        ("q('INSERT INTO a VALUES (1) ON CONFLICT DO NOTHING RETURNING id');", "q('INSERT INTO a VALUES (1) RETURNING id');"),
        ("redis.set(key, '1', 'EX', 10, 'NX');", "redis.set(key, '1', 'EX', 10);"),
        ("client.set(key, '1', { NX: true, EX: 10 });", "client.set(key, '1', {  EX: 10 });"),
        ("writeFile(path, text, { flag: 'wx' });", "writeFile(path, text, {  });"),
    ],
    "release": [
        ("try { f(); } finally { g(); }", "{ f(); } { g(); }"),
        ("try { f(); } catch { h(); } finally { g(); }", "try { f(); } catch { h(); } { g(); }"),
    ],
}  # fmt: skip
LEFT = [
    "const row = await find();", "q('SELECT * FROM a WHERE id = $1 AND n > 1');", "q('UPDATE a SET n = 1 WHERE id = $1');",
    "blocked(async () => 1);", "const order = await orders.lock(tx, id);", "try { f(); } catch { g(); }",
    "db.transaction('name');", "this is (no program",
]  # fmt: skip
PROGRAM = """\
import { Mutex } from 'async-mutex';
const mutex = new Mutex();
const stock = new Map<string, number>();
declare function audit(sku: string): Promise<void>;

export async function reserve(sku: string): Promise<boolean> {
  return mutex.runExclusive(async () => {
    const left = stock.get(sku) ?? 0;
    if (left < 1) return false;
    await audit(sku);
    stock.set(sku, left - 1);
    return true;
  });
}

export async function stop(): Promise<void> {
  await Promise.resolve();
}
"""


def test_there_is_an_example_of_every_operator() -> None:
    assert set(REMOVED) == set(OPERATORS)


@pytest.mark.parametrize(
    ("operator", "before", "after"), [(name, *pair) for name, pairs in REMOVED.items() for pair in pairs]
)
def test_one_protection_is_taken_away(operator: str, before: str, after: str) -> None:
    texts = [applied(before, mutant) for mutant in mutants(before, "a.ts", (operator,))]
    assert after in texts


@pytest.mark.parametrize("text", LEFT)
def test_what_protects_nothing_is_left(text: str) -> None:
    assert mutants(text, "a.ts") == []


def test_every_mutant_of_a_real_project_is_a_program_of_its_own() -> None:
    root = Path(__file__).parents[2] / "examples/shop/src"
    count = 0
    for file in root.rglob("*.ts"):
        text = file.read_text()
        seen = {text}
        found = mutants(text, file.name)
        for mutant in found:
            changed = applied(text, mutant)
            syntax = parse(changed, file.name)
            assert isinstance(syntax, Syntax) and not syntax.root.has_error, mutant
            assert changed not in seen and text.splitlines()[mutant.line - 1]
            seen.add(changed)
            count += 1
        assert sorted(map(repr, in_turn(found, 1))) == sorted(map(repr, found))
    assert count > 100


def test_what_is_caught_and_what_is_not_is_told(tmp_path: Path) -> None:
    (tmp_path / "stock.ts").write_text(PROGRAM)
    done = subprocess.run([*COMMAND, "--json", "--jobs", "1"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert {(one["operator"], one["line"]): (one["outcome"], one["rules"]) for one in said["mutants"]} == {
        ("lock", 7): ("detected", ["krepis/race/lost-update"]),
        ("await", 10): ("survived", []),
        ("await", 17): ("unseen", []),
    }
    assert said["summary"]["rate"] == 0.3333 and said["operators"]["lock"]["rate"] == 1.0
    assert (tmp_path / "stock.ts").read_text() == PROGRAM and not (tmp_path / ".krepis").exists()
    done = subprocess.run(
        [*COMMAND, "--operator", "lock", "--fail-under", "100"], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0 and "lock" in done.stdout
    none = subprocess.run([*COMMAND, "--operator", "where"], cwd=tmp_path, capture_output=True, text=True)
    assert none.returncode == 0 and "nothing to take away" in none.stdout
