import { query } from '../db';
export async function redeem(code: string, userId: number) {
  const res = await query('SELECT * FROM coupons WHERE code = $1 AND used = false', [code]);
  if (res.rows.length === 0) throw new Error('invalid');
  await query('UPDATE coupons SET used = true, used_by = $2 WHERE code = $1', [code, userId]); // RACE: check-then-act
  await query('UPDATE users SET credit = credit + $1 WHERE id = $2', [res.rows[0].amount, userId]);
}
