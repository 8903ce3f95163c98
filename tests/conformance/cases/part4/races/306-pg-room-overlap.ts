// pattern: overlapping booking looked for in a READ COMMITTED transaction, then inserted
import { Pool } from 'pg';

const pool = new Pool();

export async function bookRoom(roomId: number, from: Date, to: Date, userId: number): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const taken = await client.query('SELECT id FROM bookings WHERE room_id = $1 AND starts_at < $3 AND ends_at > $2', [roomId, from, to]);
    if (taken.rows.length > 0) throw new Error('room is taken');
    const { rows } = await client.query(
      'INSERT INTO bookings (room_id, starts_at, ends_at, user_id) VALUES ($1, $2, $3, $4) RETURNING id', // RACE: check-then-act
      [roomId, from, to, userId],
    );
    await client.query('COMMIT');
    return rows[0].id;
  } catch (err) {
    await client.query('ROLLBACK');
    throw err;
  } finally {
    client.release();
  }
}
