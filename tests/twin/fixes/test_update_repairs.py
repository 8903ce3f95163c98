"""Repairs that leave the arithmetic to the database."""

from __future__ import annotations

from repair_check import check, offered


def test_prisma_adds_by_itself() -> None:
    before = """\
        import { PrismaClient } from '@prisma/client';

        const prisma = new PrismaClient();

        export async function earn(id: string, points: number): Promise<void> {
          const member = await prisma.member.findUniqueOrThrow({ where: { id } });
          await prisma.member.update({
            where: { id },
            data: { points: member.points + points, seenAt: new Date() },
          });
        }
        """
    check(before, "relative-update", ("points: member.points + points", "points: { increment: points }"))


def test_the_check_becomes_a_condition_where_it_was() -> None:
    before = """\
        import { PrismaClient } from '@prisma/client';

        const prisma = new PrismaClient();

        export async function order(id: string, amount: number): Promise<string> {
          const product = await prisma.product.findUniqueOrThrow({ where: { id } });
          if (product.stock < amount) {
            throw new Error('sold out');
          }
          const made = await prisma.order.create({ data: { productId: id, amount } });
          await prisma.product.update({ where: { id }, data: { stock: product.stock - amount } });
          return made.id;
        }
        """
    check(
        before,
        "conditional-update",
        (
            "  if (product.stock < amount) {\n",
            """\
  const { count } = await prisma.product.updateMany({
    where: { id, stock: { gte: amount } },
    data: { stock: { decrement: amount } },
  });
  if (count === 0) {
""",
        ),
        ("  await prisma.product.update({ where: { id }, data: { stock: product.stock - amount } });\n", ""),
    )


def test_sql_subtracts_on_a_condition() -> None:
    before = """\
        import { Pool } from 'pg';

        const pool = new Pool();

        export async function spend(id: string, cents: number): Promise<void> {
          const { rows } = await pool.query('SELECT balance FROM accounts WHERE id = $1', [id]);
          const balance = Number(rows[0].balance);
          if (balance < cents) throw new Error('too low');
          await pool.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, balance - cents]);
        }
        """
    update = "'UPDATE accounts SET balance = balance - $2 WHERE id = $1 AND balance >= $2', [id, cents]"
    check(
        before,
        "conditional-update",
        (
            "  if (balance < cents) throw new Error('too low');\n",
            f"  const {{ rowCount }} = await pool.query({update});\n"
            "  if (rowCount === 0) throw new Error('too low');\n",
        ),
        ("  await pool.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, balance - cents]);\n", ""),
    )


def test_mongoose_increments() -> None:
    before = """\
        import { model, Schema } from 'mongoose';

        const Counter = model('Counter', new Schema({ page: String, hits: Number }));

        export async function hit(page: string): Promise<void> {
          const counter = await Counter.findOne({ page });
          await Counter.updateOne({ page }, { $set: { hits: counter.hits + 1 } });
        }
        """
    check(before, "relative-update", ("{ $set: { hits: counter.hits + 1 } }", "{ $inc: { hits: 1 } }"))


def test_redis_counts_by_itself() -> None:
    before = """\
        import Redis from 'ioredis';

        const redis = new Redis();

        export async function allow(ip: string, max: number): Promise<boolean> {
          const key = `limit:${ip}`;
          const count = Number((await redis.get(key)) ?? 0);
          if (count >= max) {
            return false;
          }
          await redis.set(key, count + 1, 'EX', 60);
          return true;
        }
        """
    check(
        before,
        "atomic-counter",
        (
            "  const count = Number((await redis.get(key)) ?? 0);\n",
            "  const count = await redis.incr(key);\n  if (count === 1) await redis.expire(key, 60);\n",
        ),
        ("count >= max", "count > max"),
        ("  await redis.set(key, count + 1, 'EX', 60);\n", ""),
    )


def test_a_value_that_is_used_later_is_not_computed_elsewhere() -> None:
    before = """\
        import { Pool } from 'pg';

        const pool = new Pool();

        export async function earn(id: string, cents: number): Promise<number> {
          const { rows } = await pool.query('SELECT balance FROM accounts WHERE id = $1', [id]);
          const rest = rows[0].balance + cents;
          await pool.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, rest]);
          return rest;
        }
        """
    assert "relative-update" not in offered(before)
