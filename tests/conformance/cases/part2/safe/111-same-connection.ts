// pattern: FOR UPDATE and the write go through the transaction's own client
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
    const team = await tx.query('SELECT credits FROM teams WHERE id = $1 FOR UPDATE', [teamId]);
    const left = team.rows[0].credits - credits;
    if (left < 0) throw new Error('not enough credits');
    await tx.query('UPDATE teams SET credits = $1 WHERE id = $2', [left, teamId]);
    await tx.query('INSERT INTO credit_log (team_id, delta, reason) VALUES ($1, $2, $3)', [teamId, -credits, reason]);
    return left;
  });

export const creditLog = async (teamId: string) => {
  const { rows } = await pool.query('SELECT delta, reason FROM credit_log WHERE team_id = $1', [teamId]);
  return rows;
};
