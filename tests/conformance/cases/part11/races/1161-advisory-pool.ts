// pattern: pg_advisory_lock is taken through the pool and released through the pool, which may be another session
import cron from 'node-cron';
import { Pool } from 'pg';

const pool = new Pool({ max: 5 });
const REBUILD = 77_001;

async function rebuild(): Promise<void> {
  const { rows } = await pool.query('SELECT pg_try_advisory_lock($1) AS ok', [REBUILD]); // RACE: lock-leak
  if (!rows[0].ok) return;
  try {
    await pool.query('REFRESH MATERIALIZED VIEW daily_totals');
  } finally {
    await pool.query('SELECT pg_advisory_unlock($1)', [REBUILD]); // RACE: lock-leak
  }
}

cron.schedule('0 * * * *', rebuild);
