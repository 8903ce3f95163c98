import { Router } from 'express';
import { pool } from './database';
const router = Router();

let currentUser: { id: string; name: string } | null = null;

router.use(async (req, _res, next) => {
  const { rows } = await pool.query('SELECT id, name FROM users WHERE token = $1', [req.headers.authorization]);
  currentUser = rows[0] ?? null;
  next();
});
router.post('/notes', async (req, res) => {
  if (!currentUser) return res.sendStatus(401);
  await pool.query('SELECT pg_sleep(0.01)');
  await pool.query('INSERT INTO notes(owner, body) VALUES ($1, $2)', [currentUser.id, req.body.text]); // RACE: stale-read
  res.sendStatus(201);
});
