// pg-promise: pg's pool; how many rows are expected is part of a method's name, and tasks keep one connection.
import { Pool } from 'pg';

export class QueryResultError extends Error {}

// Values by name are written ${name}, $(name), $/name/, $[name] or $<name>.
const NAMED = /\$[{([/<](\w+)(?::\w+)?[})\]/>]/g;

const statement = (text, values) => {
  if (values === undefined || Array.isArray(values)) return [text, values];
  if (typeof values !== 'object' || values === null) return [text, [values]];
  const given = [];
  const positional = text.replace(NAMED, (_, name) => {
    given.push(values[name]);
    return `$${given.length}`;
  });
  return [positional, given];
};

class Queries {
  constructor(client) {
    this.client = client;
  }

  result(text, values) {
    return this.client.query(...statement(text, values));
  }

  async any(text, values) {
    return (await this.result(text, values)).rows;
  }

  query(text, values) {
    return this.any(text, values);
  }

  manyOrNone(text, values) {
    return this.any(text, values);
  }

  async many(text, values) {
    const rows = await this.any(text, values);
    if (rows.length === 0) throw new QueryResultError('No data returned from the query.');
    return rows;
  }

  async oneOrNone(text, values) {
    return (await this.any(text, values))[0] ?? null;
  }

  async one(text, values) {
    const row = await this.oneOrNone(text, values);
    if (row === null) throw new QueryResultError('No data returned from the query.');
    return row;
  }

  async none(text, values) {
    await this.result(text, values);
    return null;
  }

  async map(text, values, each) {
    return (await this.any(text, values)).map(each);
  }

  batch(queries) {
    return Promise.all(queries);
  }

  // Within a transaction another one is a savepoint of it.
  tx(options, work) {
    return (work ?? options)(this);
  }

  task(options, work) {
    return (work ?? options)(this);
  }
}

export class TransactionMode {
  constructor({ tiLevel }) {
    this.begin = `BEGIN ISOLATION LEVEL ${tiLevel}`;
  }
}

export const isolationLevel = {
  serializable: 'SERIALIZABLE',
  repeatableRead: 'REPEATABLE READ',
  readCommitted: 'READ COMMITTED',
};

class Database extends Queries {
  constructor() {
    super(new Pool());
    this.$pool = this.client;
  }

  async task(options, work) {
    const client = await this.client.connect();
    try {
      return await (work ?? options)(new Queries(client));
    } finally {
      client.release();
    }
  }

  tx(options, work) {
    return this.task(async (task) => {
      await task.client.query(options.mode?.begin ?? 'BEGIN');
      let result;
      try {
        result = await (work ?? options)(task);
      } catch (error) {
        await task.client.query('ROLLBACK');
        throw error;
      }
      await task.client.query('COMMIT');
      return result;
    });
  }

  txIf(options, work) {
    return this.tx(options, work);
  }
}

const pgp = (options) => () => new Database();
pgp.txMode = { TransactionMode, isolationLevel };
pgp.QueryResultError = QueryResultError;

// A database as programs keep it in a module of their own.
export const connected = () => new Database();

export default pgp;
