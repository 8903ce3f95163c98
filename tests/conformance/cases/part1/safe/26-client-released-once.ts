// pattern: pool client released exactly once, in finally, with the failure if there was one
import { Pool } from 'pg';

const pool = new Pool({ max: 10 });

export class ReportError extends Error {
  constructor(readonly report: string, cause: unknown) {
    super(`report ${report} failed`, { cause });
  }
}

export async function runReport(report: string, month: string): Promise<unknown[]> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    const { rows } = await client.query('SELECT * FROM report_rows WHERE report = $1 AND month = $2', [report, month]);
    return rows;
  } catch (err) {
    failure = err as Error;
    throw new ReportError(report, err);
  } finally {
    client.release(failure);
  }
}
