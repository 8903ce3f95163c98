// pattern: the locker is taken by FOR UPDATE SKIP LOCKED in one transaction and marked
import { Hono } from 'hono';
import postgres from 'postgres';

const sql = postgres(process.env.DATABASE_URL!);
const app = new Hono();

app.post('/stations/:station/rentals', async (c) => {
  const { userId } = await c.req.json<{ userId: string }>();
  const station = c.req.param('station');
  const rental = await sql.begin(async (tx) => {
    const [locker] = await tx`
      UPDATE lockers SET free = false
      WHERE id = (SELECT id FROM lockers WHERE station = ${station} AND free LIMIT 1 FOR UPDATE SKIP LOCKED)
      RETURNING id`;
    if (!locker) return null;
    const [created] = await tx`INSERT INTO rentals (locker_id, user_id) VALUES (${locker.id}, ${userId}) RETURNING id, locker_id`;
    return created;
  });
  return rental ? c.json(rental, 201) : c.json({ error: 'full' }, 409);
});

export default app;
