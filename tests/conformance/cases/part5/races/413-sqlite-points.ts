import Database from 'better-sqlite3';
import { rules } from './rules';

const db = new Database('points.db');
const read = db.prepare('SELECT points FROM members WHERE id = ?');
const write = db.prepare('UPDATE members SET points = ? WHERE id = ?');

export async function earn(memberId: number, cents: number): Promise<number> {
  const member = read.get(memberId) as { points: number };
  const factor = await rules.factorFor(memberId);
  const points = member.points + Math.round(cents * factor);
  write.run(points, memberId); // RACE: lost-update
  return points;
}
