import { Pool } from 'pg';

const pool = new Pool();

export async function spend(wallet: string, cents: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    'UPDATE wallets SET cents = cents - $1 WHERE id = $2 AND cents >= $1',
    [cents, wallet],
  );
  return rowCount === 1;
}
