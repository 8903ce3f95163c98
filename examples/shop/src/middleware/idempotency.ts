import type { Request, Response } from 'express';
import { pool } from '../db/pool.js';
import { requireUser } from './auth.js';
import { ConflictError, ValidationError } from './errors.js';

export interface Reply {
  status: number;
  body: unknown;
}

interface StoredReply {
  status: number | null;
  body: unknown;
}

async function reserve(userId: string, key: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    'INSERT INTO idempotency_keys (user_id, key) VALUES ($1, $2) ON CONFLICT (user_id, key) DO NOTHING',
    [userId, key],
  );
  return rowCount === 1;
}

async function recall(userId: string, key: string): Promise<Reply | undefined> {
  const { rows } = await pool.query<StoredReply>(
    'SELECT status, body FROM idempotency_keys WHERE user_id = $1 AND key = $2',
    [userId, key],
  );
  const stored = rows[0];
  return stored && stored.status !== null ? { status: stored.status, body: stored.body } : undefined;
}

async function complete(userId: string, key: string, reply: Reply): Promise<void> {
  await pool.query('UPDATE idempotency_keys SET status = $3, body = $4 WHERE user_id = $1 AND key = $2', [
    userId,
    key,
    reply.status,
    JSON.stringify(reply.body),
  ]);
}

async function release(userId: string, key: string): Promise<void> {
  await pool.query('DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2', [userId, key]);
}

export function idempotent(handle: (req: Request) => Promise<Reply>) {
  return async (req: Request, res: Response): Promise<void> => {
    const key = req.header('Idempotency-Key');
    if (!key) {
      throw new ValidationError('the Idempotency-Key header is missing');
    }
    const { id: userId } = requireUser(req);
    if (!(await reserve(userId, key))) {
      const earlier = await recall(userId, key);
      if (!earlier) {
        throw new ConflictError('the same request is still being processed');
      }
      res.status(earlier.status).json(earlier.body);
      return;
    }
    let reply: Reply;
    try {
      reply = await handle(req);
    } catch (error) {
      await release(userId, key);
      throw error;
    }
    await complete(userId, key, reply);
    res.status(reply.status).json(reply.body);
  };
}
