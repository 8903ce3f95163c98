// better-sqlite3: everything is synchronous on one connection.
import { database, ioSync } from 'krepis:model';
import { StatementSync } from './sqlite';

const db = database('sqlite', 'sqlite', (kind, table) => {
  const error = new Error(`${kind} ${table}`);
  error.code = kind === 'unique' ? 'SQLITE_CONSTRAINT_UNIQUE' : 'SQLITE_BUSY';
  return error;
});

export class Statement extends StatementSync {
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
    return new Statement(this.session, text, db);
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
