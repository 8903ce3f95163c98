import Database from 'better-sqlite3';
import { verify } from './captcha';

const db = new Database('app.db');
const take = db.prepare('UPDATE logins SET attempts = attempts + 1 WHERE user = ? AND attempts < 5');

export async function attempt(user: string, token: string): Promise<boolean> {
  if (take.run(user).changes === 0) return false;
  return verify(token);
}
