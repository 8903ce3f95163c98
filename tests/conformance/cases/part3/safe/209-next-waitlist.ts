// pattern: the list row hands out positions in one conditional UPDATE ... RETURNING
import { NextResponse } from 'next/server';
import { pool } from '@/lib/db';

export async function POST(request: Request): Promise<NextResponse> {
  const { email, listId } = await request.json();
  const { rows } = await pool.query('UPDATE lists SET size = size + 1 WHERE id = $1 AND size < 500 RETURNING size', [listId]);
  if (rows.length === 0) {
    return NextResponse.json({ error: 'closed' }, { status: 409 });
  }
  await pool.query('INSERT INTO waitlist (list_id, email, position) VALUES ($1, $2, $3)', [listId, email, rows[0].size]);
  return NextResponse.json({ position: rows[0].size }, { status: 201 });
}
