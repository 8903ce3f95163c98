import { Pool } from 'pg';
import { tenant } from './context';

const pool = new Pool();

export async function addDocument(title: string, body: string) {
  const scan = await fetch('http://scanner.internal/scan', { method: 'POST', body });
  if (!scan.ok) throw new Error('refused by the scanner');
  const { rows } = await pool.query('INSERT INTO documents (tenant_id, title, body) VALUES ($1, $2, $3) RETURNING id', [tenant(), title, body]);
  return rows[0].id as string;
}
