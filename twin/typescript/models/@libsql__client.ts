// @libsql/client: every statement is one step; a batch is a transaction, and so is what `transaction()` gives.
import { database, io } from 'krepis:model';

export class LibsqlError extends Error {}

const db = database('sqlite', 'sqlite', (kind, table) => {
  const error = new LibsqlError(`${kind} ${table}`);
  error.code = kind === 'unique' ? 'SQLITE_CONSTRAINT' : 'SQLITE_BUSY';
  return error;
});

const run = (session, statement, args) => {
  const text = typeof statement === 'string' ? statement : statement.sql;
  const { rows, rowCount, insertId } = db.sql(session, text, (typeof statement === 'string' ? args : statement.args) ?? []);
  return { rows, rowsAffected: rowCount, lastInsertRowid: insertId };
};

class Transaction {
  constructor() {
    this.session = db.session();
    db.sql(this.session, 'BEGIN', []);
    this.closed = false;
  }

  execute(statement, args) {
    return io('execute', () => run(this.session, statement, args));
  }

  end(text) {
    this.closed = true;
    return io(text, () => {
      db.sql(this.session, text, []);
    });
  }

  commit() {
    return this.end('COMMIT');
  }

  rollback() {
    return this.end('ROLLBACK');
  }

  close() {
    if (!this.closed) db.sql(this.session, 'ROLLBACK', []);
    this.closed = true;
  }
}

class Client {
  execute(statement, args) {
    return io('execute', () => run(null, statement, args));
  }

  batch(statements) {
    return io('batch', () => {
      const session = db.session();
      db.sql(session, 'BEGIN', []);
      const results = statements.map((one) => run(session, one));
      db.sql(session, 'COMMIT', []);
      return results;
    });
  }

  transaction(mode) {
    return io('transaction', () => new Transaction());
  }

  close() {}
}

export const createClient = (config) => new Client();
