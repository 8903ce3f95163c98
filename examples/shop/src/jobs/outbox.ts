import { publish } from '../cache/redis.js';
import { withTransaction } from '../db/tx.js';

interface Message {
  id: string;
  topic: string;
  payload: unknown;
}

const BATCH = 100;

export function relayOutbox(): Promise<number> {
  return withTransaction(async (tx) => {
    const { rows } = await tx.query<Message>(
      `SELECT id, topic, payload FROM outbox WHERE sent_at IS NULL
       ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [BATCH],
    );
    for (const message of rows) {
      await publish(message.topic, JSON.stringify(message.payload));
      await tx.query('UPDATE outbox SET sent_at = now() WHERE id = $1', [message.id]);
    }
    return rows.length;
  });
}
