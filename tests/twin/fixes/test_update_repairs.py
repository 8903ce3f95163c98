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


DRIZZLE = """\
    import { eq } from 'drizzle-orm';
    import { drizzle } from 'drizzle-orm/node-postgres';
    import { integer, pgTable, text } from 'drizzle-orm/pg-core';

    const seats = pgTable('seats', { id: text('id').primaryKey(), free: integer('free').notNull() });
    const db = drizzle(process.env.DATABASE_URL!);

    export async function take(id: string, count: number): Promise<void> {
      const [row] = await db.select().from(seats).where(eq(seats.id, id));
    %s  await db.update(seats).set({ free: row.free - count }).where(eq(seats.id, id));
    }
    """


def test_drizzle_subtracts_in_the_statement() -> None:
    check(
        DRIZZLE % "",
        "relative-update",
        ("import { eq } from", "import { eq, sql } from"),
        ("free: row.free - count", "free: sql`${seats.free} - ${count}`"),
    )


def test_drizzle_checks_in_the_statement() -> None:
    check(
        DRIZZLE % "  if (row.free < count) throw new Error('full');\n    ",
        "conditional-update",
        ("import { eq } from", "import { eq, sql, and, gte } from"),
        (
            "  if (row.free < count) throw new Error('full');\n",
            """\
  const changed = await db.update(seats)
    .set({ free: sql`${seats.free} - ${count}` })
    .where(and(eq(seats.id, id), gte(seats.free, count)))
    .returning();
  if (changed.length === 0) throw new Error('full');
""",
        ),
        ("  await db.update(seats).set({ free: row.free - count }).where(eq(seats.id, id));\n", ""),
    )


SEQUELIZE = """\
    import { DataTypes, Model, Sequelize } from 'sequelize';

    const sequelize = new Sequelize(process.env.DATABASE_URL!);

    class Wallet extends Model {
      declare id: number;
      declare balance: number;
    }
    Wallet.init({ id: { type: DataTypes.INTEGER, primaryKey: true }, balance: DataTypes.INTEGER }, { sequelize });

    export async function credit(id: number, amount: number): Promise<void> {
      const wallet = await Wallet.findByPk(id);
      if (!wallet) throw new Error('no wallet');
    %s
    }
    """


def test_sequelize_adds_to_a_loaded_row() -> None:
    check(
        SEQUELIZE % "  wallet.balance += amount;\n      await wallet.save();",
        "relative-update",
        ("  wallet.balance += amount;\n", ""),
        ("wallet.save()", "wallet.increment('balance', { by: amount })"),
    )


def test_sequelize_adds_to_the_rows_of_a_condition() -> None:
    check(
        SEQUELIZE % "  await Wallet.update({ balance: wallet.balance + amount }, { where: { id } });",
        "relative-update",
        (
            "Wallet.update({ balance: wallet.balance + amount }, { where: { id } })",
            "Wallet.increment('balance', { by: amount, where: { id } })",
        ),
    )
