import { Pool, type PoolClient } from 'pg';
import { config } from '../config.js';

export const pool = new Pool({
  connectionString: config.databaseUrl,
  max: 20,
  idleTimeoutMillis: 30_000,
});

pool.on('error', (error) => {
  console.error('idle database client failed', error);
});

export type Queryable = Pick<PoolClient, 'query'>;
