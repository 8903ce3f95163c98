"""Repairs that let the store say who was first, transactions where there was none, and orders that are put right."""

from __future__ import annotations

import pytest
from repair_check import check_best

POOL = "import { Pool } from 'pg';\nimport { run } from './run';\nconst pool = new Pool();\n"
CLAIM = (
    POOL
    + """export async function work(): Promise<void> {
  const { rows: [job] } = await pool.query("SELECT * FROM jobs WHERE state = 'queued' LIMIT 1");
  if (!job) return;
  await pool.query("UPDATE jobs SET state = 'running' WHERE id = $1", [job.id]);
  await run(job.payload);
}
"""
)
VOUCHER = """import { PrismaClient } from '@prisma/client';
import { mailer } from './mailer';
const prisma = new PrismaClient();
export async function redeem(code: string): Promise<void> {
  const voucher = await prisma.voucher.findUniqueOrThrow({ where: { code } });
  if (voucher.state !== 'ACTIVE') throw new Error('used');
  await mailer.send(voucher.email);
  await prisma.voucher.update({ where: { code }, data: { state: 'USED' } });
}
"""


def test_a_claimed_row_is_still_in_the_state_that_was_looked_for() -> None:
    check_best(
        CLAIM,
        "compare-and-set",
        ("  await pool.query(\"UPDATE", "  const { rowCount } = await pool.query(\"UPDATE"),
        ("id = $1\", [job.id]);\n", "id = $1 AND state = $2\", [job.id, 'queued']);\n  if (rowCount === 0) return;\n"),
    )  # fmt: skip


def test_a_state_is_claimed_before_what_cannot_be_undone() -> None:
    check_best(
        VOUCHER,
        "compare-and-set",
        (
            "  await mailer",
            """  const { count } = await prisma.voucher.updateMany({
    where: { code, state: 'ACTIVE' },
    data: { state: 'USED' },
  });
  if (count === 0) throw new Error('used');
  await mailer""",
        ),
        ("  await prisma.voucher.update({ where: { code }, data: { state: 'USED' } });\n", ""),
    )


def test_a_key_is_set_only_if_it_is_new() -> None:
    before = """import Redis from 'ioredis';
import { payments } from './payments';
const redis = new Redis();
export async function charge(order: string, cents: number): Promise<void> {
  const seen = await redis.get(order);
  if (seen) return;
  await payments.charge(order, cents);
  await redis.set(order, '1', 'EX', 60);
}
"""
    after = """  const added = await redis.set(order, '1', 'EX', 60, 'NX');
  if (added === null) return;
  try {
    await payments.charge(order, cents);
  } catch (error) {
    await redis.del(order);
    throw error;
  }
"""
    check_best(before, "set-if-new", (before[before.index("  const seen") : before.index("}\n")], after))


KNEX = (
    "import type { Knex } from 'knex';\nexport async function spend(knex: Knex, ",
    "knex('accounts').where({ id }).first();",
    "knex('accounts').where({ id }).update({ balance: left });",
    "knex.transaction(async (trx) => {",
    "trx('accounts').where({ id }).forUpdate().first();",
    "trx('accounts').where({ id }).update({ balance: left });",
    "});",
)
PRISMA = (
    "import { PrismaClient } from '@prisma/client';\nexport async function spend(db: PrismaClient, ",
    "db.account.findUniqueOrThrow({ where: { id } });",
    "db.account.update({ where: { id }, data: { balance: left } });",
    "db.$transaction(async (tx) => {",
    "tx.account.findUniqueOrThrow({ where: { id } });",
    "tx.account.update({ where: { id }, data: { balance: left } });",
    "}, { isolationLevel: 'Serializable' });",
)
TYPEORM = (
    "import { Repository } from 'typeorm';\nimport { Account } from './account';\n"
    "export async function spend(accounts: Repository<Account>, ",
    "accounts.findOneByOrFail({ id });",
    "accounts.update({ id }, { balance: left });",
    "accounts.manager.transaction(async (manager) => {\n    const repository = manager.withRepository(accounts);",
    "repository.findOneOrFail({ where: { id }, lock: { mode: 'pessimistic_write' } });",
    "repository.update({ id }, { balance: left });",
    "});",
)


@pytest.mark.parametrize("library", [KNEX, PRISMA, TYPEORM])
def test_read_and_write_become_one_transaction(library: tuple[str, ...]) -> None:
    head, read, write, start, locked, written, end = library

    def body(read: str, write: str, pad: str) -> str:
        computed = f"{pad}const left = Math.max(account.balance - cents, 0);\n"
        return f"{pad}const account = await {read}\n{computed}{pad}await {write}\n"

    before = body(read, write, "  ")
    after = f"  await {start}\n{body(locked, written, '    ')}  {end}\n"
    program = f"{head}id: string, cents: number): Promise<void> {{\n{before}}}\n"
    check_best(program, "new-transaction", (before, after))


def test_a_pool_begins_commits_and_rolls_back() -> None:
    before = (
        POOL.replace("import { run } from './run';\n", "")
        + """
export async function spend(id: string): Promise<number> {
  const { rows } = await pool.query('SELECT balance, frozen FROM accounts WHERE id = $1', [id]);
  if (rows[0].frozen) return 0;
  const left = Math.floor(rows[0].balance * 0.9);
  await pool.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, left]);
  return left;
}
"""
    )
    after = """  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const { rows } = await client.query('SELECT balance, frozen FROM accounts WHERE id = $1 FOR UPDATE', [id]);
    if (rows[0].frozen) { await client.query('COMMIT'); return 0; }
    const left = Math.floor(rows[0].balance * 0.9);
    await client.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, left]);
    await client.query('COMMIT');
    return left;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  } finally {
    client.release();
  }
"""
    check_best(before, "new-transaction", (before[before.index("  const { rows }") : -2], after))


def test_callers_for_one_key_share_a_promise() -> None:
    before = """import { http } from './http';
interface Rate { value: number }
const rates = new Map<string, Rate>();
export async function rate(currency: string): Promise<Rate> {
  const known = rates.get(currency);
  if (known) return known;
  const found = await http.createRate(currency);
  rates.set(currency, found);
  return found;
}
"""
    loading = """  let loading = pendingRates.get(currency);
  if (!loading) {
    loading = http.createRate(currency).finally(() => pendingRates.delete(currency));
    pendingRates.set(currency, loading);
  }
  const found = await loading;
"""
    check_best(
        before,
        "share-promise",
        ("Map<string, Rate>();\n", "Map<string, Rate>();\nconst pendingRates = new Map<string, Promise<Rate>>();\n"),
        ("  const found = await http.createRate(currency);\n", loading),
    )


def test_what_was_reserved_is_given_back_when_the_work_fails() -> None:
    before = """import type { Checkout } from './checkout';
const stock = new Map<string, number>();
export async function purchase(sku: string, units: number, checkout: Checkout): Promise<void> {
  const left = stock.get(sku) ?? 0;
  if (left < units) throw new Error('sold out');
  await checkout.submit(sku, units);
  stock.set(sku, left - units);
}
"""
    after = """  stock.set(sku, left - units);
  try {
    await checkout.submit(sku, units);
  } catch (error) {
    stock.set(sku, (stock.get(sku) ?? 0) + units);
    throw error;
  }
"""
    check_best(before, "claim-first", (before[before.index("  await checkout") : -2], after))


def test_a_flag_is_freed_when_the_work_is_done() -> None:
    before = """import { load, after } from './source';
let docs: string[] = [];
let loading = false;
export async function reload(): Promise<void> {
  if (loading) return;
  loading = true;
  try {
    await Promise.race([fill(), after(10_000)]);
  } finally {
    loading = false;
  }
}
async function fill(): Promise<void> {
  docs = [];
  for (let page = 0; page < 2; page++) docs.push(await load(page));
}
"""
    raced = "  await Promise.race([fill().finally(() => { loading = false; }), after(10_000)]);\n"
    check_best(before, "free-when-done", (before[before.index("  try") : before.index("}\nasync")], raced))


def test_a_total_is_read_when_its_turn_has_come() -> None:
    before = """import PQueue from 'p-queue';
import { journal } from './journal';
const queue = new PQueue({ concurrency: 1 });
let total = 0;
export function deposit(cents: number): Promise<void> {
  const next = total + cents;
  return queue.add(async () => {
    await journal.append(cents);
    total = next;
  });
}
"""
    check_best(
        before,
        "read-in-turn",
        ("  const next = total + cents;\n", ""),
        ("    total = next;\n", "    const next = total + cents;\n    total = next;\n"),
    )


def test_nested_locks_are_taken_in_one_order() -> None:
    before = """import AsyncLock from 'async-lock';
import { ledger } from './ledger';
const lock = new AsyncLock();
export function transfer(from: string, to: string, cents: number): Promise<void> {
  return lock.acquire(from, () =>
    lock.acquire(to, async () => {
      await ledger.move(from, to, cents);
    }),
  );
}
"""
    ordered = "  const [first, second] = from < to ? [from, to] : [to, from];\n"
    check_best(
        before,
        "order-locks",
        ("  return lock.acquire(from,", f"{ordered}  return lock.acquire(first,"),
        ("    lock.acquire(to,", "    lock.acquire(second,"),
    )
