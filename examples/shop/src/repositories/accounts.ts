import { pool, type Queryable } from '../db/pool.js';
import { isUniqueViolation } from '../db/tx.js';
import type { Role, SessionUser } from '../types.js';

export interface Credentials extends SessionUser {
  passwordHash: string;
}

export class AccountRepository {
  async create(email: string, passwordHash: string): Promise<string | undefined> {
    try {
      const { rows } = await pool.query<{ id: string }>(
        'INSERT INTO users (email, password_hash) VALUES ($1, $2) RETURNING id',
        [email, passwordHash],
      );
      return rows[0]?.id;
    } catch (error) {
      if (isUniqueViolation(error)) {
        return undefined;
      }
      throw error;
    }
  }

  async findByEmail(email: string): Promise<Credentials | undefined> {
    const { rows } = await pool.query<Credentials>(
      'SELECT id, email, role, password_hash AS "passwordHash" FROM users WHERE email = $1',
      [email],
    );
    return rows[0];
  }

  async countAdmins(db: Queryable): Promise<number> {
    const { rows } = await db.query<{ admins: number }>(
      "SELECT count(*)::int AS admins FROM users WHERE role = 'admin'",
    );
    return rows[0]?.admins ?? 0;
  }

  async setRole(db: Queryable, userId: string, role: Role): Promise<void> {
    await db.query('UPDATE users SET role = $2 WHERE id = $1', [userId, role]);
  }

  async points(userId: string): Promise<number> {
    const { rows } = await pool.query<{ points: number }>(
      'SELECT points FROM loyalty_accounts WHERE user_id = $1',
      [userId],
    );
    return rows[0]?.points ?? 0;
  }

  async setPoints(userId: string, points: number): Promise<void> {
    await pool.query(
      `INSERT INTO loyalty_accounts (user_id, points) VALUES ($1, $2)
       ON CONFLICT (user_id) DO UPDATE SET points = excluded.points`,
      [userId, points],
    );
  }

  async spendPoints(userId: string, points: number): Promise<boolean> {
    const { rowCount } = await pool.query(
      'UPDATE loyalty_accounts SET points = points - $2 WHERE user_id = $1 AND points >= $2',
      [userId, points],
    );
    return rowCount === 1;
  }

  async credit(db: Queryable, userId: string, cents: number): Promise<void> {
    await db.query(
      `INSERT INTO wallets (user_id, balance_cents) VALUES ($1, $2)
       ON CONFLICT (user_id) DO UPDATE SET balance_cents = wallets.balance_cents + excluded.balance_cents`,
      [userId, cents],
    );
  }

  async lockBalances(db: Queryable, userIds: readonly string[]): Promise<Map<string, number>> {
    const { rows } = await db.query<{ userId: string; balanceCents: number }>(
      `SELECT user_id AS "userId", balance_cents AS "balanceCents"
       FROM wallets WHERE user_id = ANY($1) ORDER BY user_id FOR UPDATE`,
      [userIds],
    );
    return new Map(rows.map((row) => [row.userId, row.balanceCents]));
  }

  async setBalance(db: Queryable, userId: string, cents: number): Promise<void> {
    await db.query('UPDATE wallets SET balance_cents = $2 WHERE user_id = $1', [userId, cents]);
  }
}
