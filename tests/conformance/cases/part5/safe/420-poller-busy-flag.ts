import type { Pool } from 'pg';
import { publisher } from './publisher';

export class OutboxPoller {
  private running = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly pool: Pool) {}

  start(): void {
    this.timer = setInterval(() => void this.tick().catch(() => undefined), 1000);
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
    this.timer = null;
  }

  private async tick(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      const { rows } = await this.pool.query('SELECT id, body FROM outbox WHERE sent_at IS NULL ORDER BY id LIMIT 50');
      for (const row of rows) {
        await publisher.publish(row.body);
        await this.pool.query('UPDATE outbox SET sent_at = now() WHERE id = $1', [row.id]);
      }
    } finally {
      this.running = false;
    }
  }
}
