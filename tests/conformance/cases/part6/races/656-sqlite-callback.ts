import Database from 'better-sqlite3';
import { verify } from './captcha';

const db = new Database('app.db');
const read = db.prepare('SELECT attempts FROM logins WHERE user = ?');
const write = db.prepare('UPDATE logins SET attempts = ? WHERE user = ?');

export async function attempt(user: string, token: string): Promise<boolean> {
  const row = read.get(user) as { attempts: number } | undefined;
  if (!row || row.attempts >= 5) return false;
  const human = await verify(token);
  write.run(row.attempts + 1, user); // RACE: lost-update
  return human;
}
