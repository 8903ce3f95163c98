import { AsyncLocalStorage } from 'node:async_hooks';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import { injectable } from 'inversify';

@injectable()
export class Database {
  private readonly pool = new Pool({ connectionString: process.env.DATABASE_URL });
  private readonly current = new AsyncLocalStorage<PoolClient>();

  async query<R extends QueryResultRow>(text: string, params: unknown[] = []): Promise<R[]> {
    const client = this.current.getStore() ?? this.pool;
    const { rows } = await client.query<R>(text, params);
    return rows;
  }

  async read<R extends QueryResultRow>(text: string, params: unknown[] = []): Promise<R[]> {
    const { rows } = await this.pool.query<R>(text, params);
    return rows;
  }

  async transaction<T>(work: () => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      await client.query('BEGIN');
      const result = await this.current.run(client, work);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  }
}
