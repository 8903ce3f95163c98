// pattern: the advisory lock is taken before the count and held until COMMIT
import { randomBytes } from 'node:crypto';
import { Pool } from 'pg';

const MAX_TOKENS = 5;

export class ApiTokens {
  constructor(private readonly db: Pool) {}

  async issue(userId: string, label: string): Promise<string | null> {
    const client = await this.db.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT pg_advisory_xact_lock(hashtext($1))', [userId]);
      const { rows } = await client.query('SELECT count(*)::int AS n FROM api_tokens WHERE user_id = $1', [userId]);
      if (rows[0].n >= MAX_TOKENS) {
        await client.query('ROLLBACK');
        return null;
      }
      const token = randomBytes(24).toString('base64url');
      await client.query('INSERT INTO api_tokens (user_id, label, token) VALUES ($1, $2, $3)', [userId, label, token]);
      await client.query('COMMIT');
      return token;
    } catch (err) {
      await client.query('ROLLBACK');
      throw err;
    } finally {
      client.release();
    }
  }
}
