// pattern: one client takes and releases it
import cron from 'node-cron';
import { Pool } from 'pg';

const pool = new Pool({ max: 5 });
const REBUILD = 77_001;

async function rebuild(): Promise<void> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query('SELECT pg_try_advisory_lock($1) AS ok', [REBUILD]);
    if (!rows[0].ok) return;
    try {
      await client.query('REFRESH MATERIALIZED VIEW daily_totals');
    } finally {
      await client.query('SELECT pg_advisory_unlock($1)', [REBUILD]);
    }
  } finally {
    client.release();
  }
}

cron.schedule('0 * * * *', rebuild);
