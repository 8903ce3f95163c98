/** Accounts, transfers and entries. What an account has is the sum of its entries. */

import type { Database } from './database.ts';

export interface Account {
  readonly id: number;
  readonly owner: string;
  readonly cents: number;
}
export interface Transfer {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly cents: number;
}
export type Outcome = 'done' | 'repeated' | 'other' | 'unknown' | 'short';

/** PostgreSQL's bigint comes as text. */
interface Row {
  readonly id: number;
  readonly owner: string;
  readonly cents: string | number;
}

export class Ledger {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  /** A new account with a first deposit. */
  open(owner: string, cents: number): Promise<Account> {
    return this.#db.transaction(async (tx) => {
      const [row] = await tx.query<Row>('INSERT INTO accounts (owner, cents) VALUES ($1, $2) RETURNING *', [owner, cents]);
      const { id } = row as Row;
      await tx.query('INSERT INTO entries (account_id, cents) VALUES ($1, $2)', [id, cents]);
      return { id, owner, cents };
    });
  }

  async find(id: number): Promise<Account | undefined> {
    const [row] = await this.#db.query<Row>('SELECT id, owner, cents FROM accounts WHERE id = $1', [id]);
    return row ? { id: row.id, owner: row.owner, cents: Number(row.cents) } : undefined;
  }

  /** Moves money, once for each key. */
  transfer({ key, from, to, cents }: Transfer): Promise<Outcome> {
    return this.#db.transaction(async (tx) => {
      for (const id of [Math.min(from, to), Math.max(from, to)]) {
        const found = await tx.query('SELECT id FROM accounts WHERE id = $1 FOR UPDATE', [id]);
        if (found.length === 0) return 'unknown';
      }
      const added = await tx.query(
        `INSERT INTO transfers (key, from_id, to_id, cents) VALUES ($1, $2, $3, $4)
         ON CONFLICT (key) DO NOTHING RETURNING key`,
        [key, from, to, cents],
      );
      if (added.length === 0) {
        const same = await tx.query(
          'SELECT key FROM transfers WHERE key = $1 AND from_id = $2 AND to_id = $3 AND cents = $4',
          [key, from, to, cents],
        );
        return same.length > 0 ? 'repeated' : 'other';
      }
      const taken = await tx.query(
        'UPDATE accounts SET cents = cents - $2 WHERE id = $1 AND cents >= $2 RETURNING id',
        [from, cents],
      );
      if (taken.length === 0) {
        await tx.query('DELETE FROM transfers WHERE key = $1', [key]);
        return 'short';
      }
      await tx.query('UPDATE accounts SET cents = cents + $2 WHERE id = $1', [to, cents]);
      await tx.query(
        'INSERT INTO entries (account_id, transfer_key, cents) VALUES ($1, $3, $4), ($2, $3, $5)',
        [from, to, key, -cents, cents],
      );
      return 'done';
    });
  }
}
