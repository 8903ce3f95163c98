// pattern: the number is drawn with UPDATE ... LAST_INSERT_ID(last + 1), one atomic statement
import mysql, { type ResultSetHeader } from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL, connectionLimit: 10 });

export interface InvoiceDraft {
  companyId: number;
  customerId: number;
  totalCents: number;
}

async function nextNumber(companyId: number): Promise<number> {
  const [drawn] = await pool.execute<ResultSetHeader>(
    'UPDATE invoice_counters SET last = LAST_INSERT_ID(last + 1) WHERE company_id = ?',
    [companyId],
  );
  return drawn.insertId;
}

export async function issueInvoice(draft: InvoiceDraft): Promise<{ id: number; number: number }> {
  const number = await nextNumber(draft.companyId);
  const values = [draft.companyId, number, draft.customerId, draft.totalCents];
  const sql = 'INSERT INTO invoices (company_id, number, customer_id, total_cents) VALUES (?, ?, ?, ?)';
  const [result] = await pool.execute<ResultSetHeader>(sql, values);
  return { id: result.insertId, number };
}
