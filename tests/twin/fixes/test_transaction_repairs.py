"""Repairs with transactions: row locks, isolation, the right connection."""

from __future__ import annotations

import pytest
from repair_check import check, offered

PG = """\
    import { Pool } from 'pg';

    const pool = new Pool();

    export async function spend(id: string, cents: number): Promise<void> {
      const client = await pool.connect();
      try {
        await client.query('BEGIN');
        const { rows } = await client.query('SELECT balance FROM accounts WHERE id = $1', [id]);
        const left = rows[0].balance - cents;
        if (left < 0) throw new Error('too low');
        await client.query('UPDATE accounts SET balance = $2 WHERE id = $1', [id, left]);
        await client.query('COMMIT');
      } catch (error) {
        await client.query('ROLLBACK');
        throw error;
      } finally {
        client.release();
      }
    }
    """


def test_sql_locks_the_row_that_it_reads() -> None:
    check(PG, "for-update", ("accounts WHERE id = $1', [id]);", "accounts WHERE id = $1 FOR UPDATE', [id]);"))


@pytest.mark.parametrize(
    ("library", "read", "locked"),
    [
        ("knex", "trx('accounts').where({ id }).first()", "trx('accounts').where({ id }).forUpdate().first()"),
        (
            "kysely",
            "trx.selectFrom('accounts').selectAll().where('id', '=', id).executeTakeFirstOrThrow()",
            "trx.selectFrom('accounts').selectAll().where('id', '=', id).forUpdate().executeTakeFirstOrThrow()",
        ),
        (
            "typeorm",
            "trx.findOneByOrFail(Account, { id })",
            "trx.findOneOrFail(Account, { where: { id }, lock: { mode: 'pessimistic_write' } })",
        ),
    ],
)
def test_each_library_locks_in_its_way(library: str, read: str, locked: str) -> None:
    head, run, write = {
        "knex": (
            "import type { Knex } from 'knex';",
            "db.transaction(async (trx)",
            "trx('accounts').where({ id }).update({ balance: Math.max(account.balance - cents, 0) })",
        ),
        "kysely": (
            "import type { Kysely } from 'kysely';",
            "db.transaction().execute(async (trx)",
            "trx.updateTable('accounts').set({ balance: account.balance - cents }).where('id', '=', id).execute()",
        ),
        "typeorm": (
            "import { DataSource } from 'typeorm';\n    import { Account } from './account';",
            "db.transaction(async (trx)",
            "trx.update(Account, { id }, { balance: account.balance - cents })",
        ),
    }[library]
    kind = {"knex": "Knex", "kysely": "Kysely<Database>", "typeorm": "DataSource"}[library]
    before = f"""\
    {head}

    export async function spend(db: {kind}, id: string, cents: number): Promise<void> {{
      await {run} => {{
        const account = await {read};
        if (account.balance < cents) throw new Error('too low');
        await {write};
      }});
    }}
    """
    check(before, "for-update", (read, locked))


def test_rows_that_are_not_there_cannot_be_locked() -> None:
    before = """\
        import { Pool } from 'pg';

        const pool = new Pool();

        export async function book(room: string, day: string): Promise<void> {
          const client = await pool.connect();
          try {
            await client.query('BEGIN');
            const taken = await client.query('SELECT id FROM bookings WHERE room = $1 AND day = $2', [room, day]);
            if (taken.rows.length > 0) throw new Error('taken');
            await client.query('INSERT INTO bookings (room, day) VALUES ($1, $2)', [room, day]);
            await client.query('COMMIT');
          } catch (error) {
            await client.query('ROLLBACK');
            throw error;
          } finally {
            client.release();
          }
        }
        """
    assert "for-update" not in offered(before)


def test_prisma_runs_at_serializable() -> None:
    before = """\
        import { Prisma, PrismaClient } from '@prisma/client';

        const prisma = new PrismaClient();

        export async function leave(org: string, user: string): Promise<void> {
          await prisma.$transaction(async (tx) => {
            const owners = await tx.member.count({ where: { org, role: 'OWNER' } });
            if (owners <= 1) throw new Error('last owner');
            await tx.member.delete({ where: { org_user: { org, user } } });
          });
        }
        """
    check(
        before,
        "serializable",
        (
            """(async (tx) => {
    const owners = await tx.member.count({ where: { org, role: 'OWNER' } });
    if (owners <= 1) throw new Error('last owner');
    await tx.member.delete({ where: { org_user: { org, user } } });
  });""",
            """(
    async (tx) => {
      const owners = await tx.member.count({ where: { org, role: 'OWNER' } });
      if (owners <= 1) throw new Error('last owner');
      await tx.member.delete({ where: { org_user: { org, user } } });
    },
    { isolationLevel: Prisma.TransactionIsolationLevel.Serializable },
  );""",
        ),
    )


def test_a_read_on_another_connection_moves_into_the_transaction() -> None:
    before = """\
        import { Knex } from 'knex';

        export async function spend(knex: Knex, id: string, cents: number): Promise<void> {
          await knex.transaction(async (trx) => {
            const account = await knex('accounts').where({ id }).forUpdate().first();
            if (account.balance < cents) throw new Error('too low');
            await trx('accounts').where({ id }).update({ balance: Math.max(account.balance - cents, 0) });
          });
        }
        """
    check(before, "right-connection", ("await knex('accounts')", "await trx('accounts')"))


def test_a_parameter_that_is_no_transaction_is_not_read_through() -> None:
    before = """\
        import { PrismaClient } from '@prisma/client';
        import { oauth } from './oauth';

        const prisma = new PrismaClient();

        export async function token(connectionId: string): Promise<string> {
          const connection = await prisma.connection.findUniqueOrThrow({ where: { id: connectionId } });
          if (connection.expiresAt > Date.now()) return connection.accessToken;
          const fresh = await oauth.refresh(connection.refreshToken);
          await prisma.connection.update({
            where: { id: connectionId },
            data: { accessToken: fresh.accessToken, refreshToken: fresh.refreshToken, expiresAt: fresh.expiresAt },
          });
          return fresh.accessToken;
        }
        """
    assert "right-connection" not in offered(before)
