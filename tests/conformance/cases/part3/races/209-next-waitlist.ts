// pattern: Next route handler: position counted, then inserted with the number
import { NextResponse } from 'next/server';
import { pool } from '@/lib/db';

export async function POST(request: Request): Promise<NextResponse> {
  const { email, listId } = await request.json();
  const { rows } = await pool.query('SELECT count(*)::int AS n FROM waitlist WHERE list_id = $1', [listId]);
  if (rows[0].n >= 500) {
    return NextResponse.json({ error: 'closed' }, { status: 409 });
  }
  await pool.query('INSERT INTO waitlist (list_id, email, position) VALUES ($1, $2, $3)', [listId, email, rows[0].n + 1]); // RACE: check-then-act
  return NextResponse.json({ position: rows[0].n + 1 }, { status: 201 });
}
