import type { Pool } from 'pg';

export interface NewEvent {
  type: string;
  data: unknown;
}

export class EventStore {
  constructor(private readonly pool: Pool) {}

  async append(stream: string, events: NewEvent[]): Promise<number> {
    const { rows } = await this.pool.query('SELECT COALESCE(MAX(version), 0) AS version FROM events WHERE stream = $1', [
      stream,
    ]);
    let version = Number(rows[0].version);
    for (const event of events) {
      version += 1;
      await this.pool.query('INSERT INTO events (stream, version, type, data) VALUES ($1, $2, $3, $4)', [ // RACE: lost-update
        stream,
        version,
        event.type,
        event.data,
      ]);
    }
    return version;
  }
}
