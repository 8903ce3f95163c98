import Database from 'better-sqlite3';
import { rules } from './rules';

const db = new Database('points.db');
const read = db.prepare('SELECT points FROM members WHERE id = ?');
const write = db.prepare('UPDATE members SET points = ? WHERE id = ?');

const add = db.transaction((memberId: number, points: number): number => {
  const member = read.get(memberId) as { points: number };
  const total = member.points + points;
  write.run(total, memberId);
  return total;
});

export async function earn(memberId: number, cents: number): Promise<number> {
  const factor = await rules.factorFor(memberId);
  return add(memberId, Math.round(cents * factor));
}
