import express from 'express';
import { compare } from 'bcrypt';
import { LoginAttempts } from './attempts';
import { users } from './users';

const attempts = new LoginAttempts();
export const app = express().use(express.urlencoded({ extended: false }));

app.post('/login', async (req, res) => {
  const { username, password } = req.body as { username: string; password: string };
  const left = await attempts.begin(username);
  if (left < 0) return void res.sendStatus(429);
  const user = await users.byName(username);
  if (!user || !(await compare(password, user.hash))) return void res.status(401).json({ left });
  res.cookie('sid', await users.openSession(user.id)).redirect('/');
});
