import { Pool } from 'pg';

const pool = new Pool();

export async function spend(wallet: string, cents: number): Promise<boolean> {
  const { rows } = await pool.query('SELECT cents FROM wallets WHERE id = $1 FOR UPDATE', [wallet]);
  if (rows.length === 0 || rows[0].cents < cents) return false;
  await pool.query('UPDATE wallets SET cents = $1 WHERE id = $2', [rows[0].cents - cents, wallet]); // RACE: lost-update
  return true;
}
