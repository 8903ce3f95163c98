// pattern: pool client released in catch and once more in finally when the query fails
import { Pool } from 'pg';

const pool = new Pool({ max: 10 });

export class ReportError extends Error {
  constructor(readonly report: string, cause: unknown) {
    super(`report ${report} failed`, { cause });
  }
}

export async function runReport(report: string, month: string): Promise<unknown[]> {
  const client = await pool.connect();
  try {
    const { rows } = await client.query('SELECT * FROM report_rows WHERE report = $1 AND month = $2', [report, month]);
    return rows;
  } catch (err) {
    client.release(err as Error);
    throw new ReportError(report, err);
  } finally {
    client.release(); // RACE: order-violation
  }
}
