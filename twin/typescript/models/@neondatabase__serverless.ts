// @neondatabase/serverless: pg's pool, and a tag whose statements are sent one by one or together as a transaction.
import { Client, lazily, Pool } from 'pg';

export { Client, Pool };

class Statement {
  constructor(text, values) {
    this.text = text;
    this.values = values;
    this.pending = lazily(text, values);
  }

  async on(client) {
    return (await client.query(this.text, this.values)).rows;
  }

  then(done, failed) {
    return this.pending.then(({ rows }) => done(rows), failed);
  }
}

const LEVELS = { Serializable: 'SERIALIZABLE', RepeatableRead: 'REPEATABLE READ' };

export const neon = (url, options) => {
  const pool = new Pool();
  const sql = (strings, ...values) =>
    new Statement(strings.reduce((text, part, i) => `${text}$${i}${part}`), values);
  sql.query = (text, values) => new Statement(text, values);
  sql.transaction = async (statements, { isolationLevel } = {}) => {
    const client = await pool.connect();
    const level = LEVELS[isolationLevel];
    try {
      await client.query(level === undefined ? 'BEGIN' : `BEGIN ISOLATION LEVEL ${level}`);
      const results = [];
      for (const one of typeof statements === 'function' ? statements(sql) : statements) results.push(await one.on(client));
      await client.query('COMMIT');
      return results;
    } catch (error) {
      await client.query('ROLLBACK');
      throw error;
    } finally {
      client.release();
    }
  };
  return sql;
};
