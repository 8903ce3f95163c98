import { DatabaseError, type PoolClient } from 'pg';
import { pool } from './pool.js';

const SERIALIZATION_FAILURE = '40001';
const MAX_ATTEMPTS = 5;

async function run<T>(begin: string, work: (tx: PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let broken = false;
  try {
    await client.query(begin);
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {
      broken = true;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

export function withTransaction<T>(work: (tx: PoolClient) => Promise<T>): Promise<T> {
  return run('BEGIN', work);
}

export async function withSerializable<T>(work: (tx: PoolClient) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await run('BEGIN ISOLATION LEVEL SERIALIZABLE', work);
    } catch (error) {
      const retryable = error instanceof DatabaseError && error.code === SERIALIZATION_FAILURE;
      if (!retryable || attempt >= MAX_ATTEMPTS) {
        throw error;
      }
    }
  }
}

export function isUniqueViolation(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '23505';
}
