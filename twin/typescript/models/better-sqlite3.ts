// better-sqlite3: everything is synchronous on one connection.
import { database, ioSync } from 'krepis:model';

const db = database('sqlite', 'sqlite', (kind, table) => {
  const error = new Error(`${kind} ${table}`);
  error.code = kind === 'unique' ? 'SQLITE_CONSTRAINT_UNIQUE' : 'SQLITE_BUSY';
  return error;
});

const given = (params) => (params.length === 1 && typeof params[0] === 'object' ? params[0] : params);

export class Statement {
  constructor(session, text) {
    this.session = session;
    this.text = text;
  }

  execute(params) {
    return ioSync('query', () => db.sql(this.session, this.text, given(params)));
  }

  get(...params) {
    return this.execute(params).rows[0];
  }

  all(...params) {
    return this.execute(params).rows;
  }

  iterate(...params) {
    return this.execute(params).rows;
  }

  run(...params) {
    const { rowCount, insertId } = this.execute(params);
    return { changes: rowCount, lastInsertRowid: insertId };
  }

  bind() {
    return this;
  }

  pluck() {
    return this;
  }

  raw() {
    return this;
  }
}

export class Database {
  constructor(path, options) {
    this.session = db.session();
    this.inTransaction = false;
  }

  prepare(text) {
    return new Statement(this.session, text);
  }

  exec(text) {
    ioSync('exec', () => db.sql(this.session, text, []));
    return this;
  }

  pragma() {}

  close() {}

  transaction(work) {
    const begin = (...args) => {
      db.sql(this.session, 'BEGIN', []);
      let result;
      try {
        result = work(...args);
      } catch (error) {
        db.sql(this.session, 'ROLLBACK', []);
        throw error;
      }
      db.sql(this.session, 'COMMIT', []);
      return result;
    };
    begin.deferred = begin;
    begin.immediate = begin;
    begin.exclusive = begin;
    return begin;
  }
}

export default Database;
