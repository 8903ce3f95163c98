// pattern: FOR UPDATE is sent through the pool, on another connection: its lock is gone before the transaction writes
import { Pool, PoolClient } from 'pg';
import { config } from './config';

export const pool = new Pool({ ...config.postgres, max: 20 });

export const withTransaction = async <T>(fn: (tx: PoolClient) => Promise<T>): Promise<T> => {
  const tx = await pool.connect();
  try {
    await tx.query('BEGIN');
    const value = await fn(tx);
    await tx.query('COMMIT');
    return value;
  } catch (e) {
    await tx.query('ROLLBACK');
    throw e;
  } finally {
    tx.release();
  }
};

export const spendCredits = (teamId: string, credits: number, reason: string) =>
  withTransaction(async (tx) => {
    const team = await pool.query('SELECT credits FROM teams WHERE id = $1 FOR UPDATE', [teamId]);
    const left = team.rows[0].credits - credits;
    if (left < 0) throw new Error('not enough credits');
    await tx.query('UPDATE teams SET credits = $1 WHERE id = $2', [left, teamId]); // RACE: lost-update
    await tx.query('INSERT INTO credit_log (team_id, delta, reason) VALUES ($1, $2, $3)', [teamId, -credits, reason]);
    return left;
  });
