// pattern: the first locker that no rental points to is found with LEFT JOIN ... IS NULL LIMIT 1, then rented
import { Hono } from 'hono';
import postgres from 'postgres';

const sql = postgres(process.env.DATABASE_URL!);
const app = new Hono();

app.post('/stations/:station/rentals', async (c) => {
  const { userId } = await c.req.json<{ userId: string }>();
  const station = c.req.param('station');
  const rental = await sql.begin(async (tx) => {
    const [locker] = await tx`
      SELECT l.id FROM lockers l
      LEFT JOIN rentals r ON r.locker_id = l.id AND r.ended_at IS NULL
      WHERE l.station = ${station} AND r.id IS NULL
      LIMIT 1`;
    if (!locker) return null;
    const [created] = await tx`INSERT INTO rentals (locker_id, user_id) VALUES (${locker.id}, ${userId}) RETURNING id, locker_id`; // RACE: check-then-act
    return created;
  });
  return rental ? c.json(rental, 201) : c.json({ error: 'full' }, 409);
});

export default app;
