// pattern: the transaction is SERIALIZABLE, but the balance was read on the pool before BEGIN
import { DatabaseError, Pool } from 'pg';

const pool = new Pool();

export async function debit(accountId: string, amount: number): Promise<boolean> {
  const { rows } = await pool.query('SELECT balance FROM accounts WHERE id = $1', [accountId]);
  const balance = rows[0].balance - amount;
  if (balance < 0) return false;
  const client = await pool.connect();
  try {
    for (;;) {
      try {
        await client.query('BEGIN ISOLATION LEVEL SERIALIZABLE');
        await client.query('UPDATE accounts SET balance = $1 WHERE id = $2', [balance, accountId]); // RACE: lost-update
        await client.query('INSERT INTO entries (account_id, amount) VALUES ($1, $2)', [accountId, -amount]);
        await client.query('COMMIT');
        return true;
      } catch (e) {
        await client.query('ROLLBACK');
        if (!(e instanceof DatabaseError) || e.code !== '40001') throw e;
      }
    }
  } finally {
    client.release();
  }
}
