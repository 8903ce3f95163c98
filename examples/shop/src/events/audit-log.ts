import { pool } from '../db/pool.js';
import { currentContext } from '../middleware/auth.js';

interface Entry {
  userId: string | null;
  requestId: string;
  action: string;
  at: Date;
}

const MAX_PENDING = 10_000;

export class AuditLog {
  private pending: Entry[] = [];

  record(action: string): void {
    const context = currentContext();
    this.pending.push({
      userId: context?.userId ?? null,
      requestId: context?.requestId ?? 'background',
      action,
      at: new Date(),
    });
  }

  async flush(): Promise<void> {
    const batch = this.pending.splice(0);
    if (batch.length === 0) {
      return;
    }
    try {
      await pool.query(
        `INSERT INTO audit_log (user_id, request_id, action, at)
         SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[])`,
        [
          batch.map((entry) => entry.userId),
          batch.map((entry) => entry.requestId),
          batch.map((entry) => entry.action),
          batch.map((entry) => entry.at),
        ],
      );
    } catch (error) {
      if (this.pending.length + batch.length <= MAX_PENDING) {
        this.pending.unshift(...batch);
      }
      throw error;
    }
  }
}
