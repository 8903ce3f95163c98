// pattern: next invoice number is MAX(number) + 1: two invoices get the same number
import mysql, { type ResultSetHeader, type RowDataPacket } from 'mysql2/promise';

const pool = mysql.createPool({ uri: process.env.MYSQL_URL, connectionLimit: 10 });

export interface InvoiceDraft {
  companyId: number;
  customerId: number;
  totalCents: number;
}

export async function issueInvoice(draft: InvoiceDraft): Promise<{ id: number; number: number }> {
  const [rows] = await pool.query<RowDataPacket[]>(
    'SELECT COALESCE(MAX(number), 0) AS last FROM invoices WHERE company_id = ?',
    [draft.companyId],
  );
  const number = Number(rows[0]!.last) + 1;
  const values = [draft.companyId, number, draft.customerId, draft.totalCents];
  const sql = 'INSERT INTO invoices (company_id, number, customer_id, total_cents) VALUES (?, ?, ?, ?)';
  const [result] = await pool.execute<ResultSetHeader>(sql, values); // RACE: lost-update
  return { id: result.insertId, number };
}
