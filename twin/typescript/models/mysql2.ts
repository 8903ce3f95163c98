// mysql2 with promises (mysql2/promise): a connection is a session, REPEATABLE READ by default.
import { database, effect, fresh, io, semaphore } from 'krepis:model';

const CODES = {
  unique: ['ER_DUP_ENTRY', 1062],
  deadlock: ['ER_LOCK_DEADLOCK', 1213],
  'lock-not-available': ['ER_LOCK_NOWAIT', 3572],
};

const db = database('mysql', 'mysql', (kind, table) => {
  const error = new Error(`${kind} ${table}`);
  const [code, errno] = CODES[kind] ?? ['ER_UNKNOWN_ERROR', 1105];
  error.code = code;
  error.errno = errno;
  return error;
});

const answer = ({ rows, rowCount, insertId, command }) => {
  if (command === 'SELECT' || command === 'LOCK' || command === 'OTHER') return [rows, []];
  return [{ affectedRows: rowCount, changedRows: rowCount, insertId }, undefined];
};

const run = (session, text, params, callback) => {
  const done = typeof params === 'function' ? params : callback;
  const result = io('query', () => answer(db.sql(session, text, typeof params === 'function' ? undefined : params)));
  if (typeof done !== 'function') return result;
  result.then(
    ([rows, fields]) => done(null, rows, fields),
    (error) => done(error),
  );
};

export class Connection {
  constructor(release) {
    this.session = db.session();
    this.release = release ?? (() => {});
  }

  query(text, params, callback) {
    return run(this.session, text, params, callback);
  }

  execute(text, params, callback) {
    return run(this.session, text, params, callback);
  }

  // Fails only when the connection is lost, which its pool then drops.
  beginTransaction(callback) {
    db.sql(this.session, 'BEGIN');
    if (callback === undefined) return Promise.resolve();
    callback(null);
  }

  commit(callback) {
    return run(this.session, 'COMMIT', callback);
  }

  rollback(callback) {
    return run(this.session, 'ROLLBACK', callback);
  }

  async ping() {}

  async end() {}

  destroy() {}

  promise() {
    return this;
  }

  on() {
    return this;
  }
}

export class PoolConnection extends Connection {}

export class Pool {
  constructor(config) {
    this.permits = semaphore('pool connection', 10);
  }

  getConnection(callback) {
    const connection = io('getConnection', () => {
      this.permits.tryAcquire();
      return new PoolConnection(() => {
        this.permits.release();
      });
    });
    if (typeof callback !== 'function') return connection;
    connection.then((c) => callback(null, c), callback);
  }

  query(text, params, callback) {
    return run(null, text, params, callback);
  }

  execute(text, params, callback) {
    return run(null, text, params, callback);
  }

  async end() {}

  promise() {
    return this;
  }

  on() {
    return this;
  }
}

export const createConnection = (config) =>
  io('createConnection', () => {
    effect('connect to the database', fresh('connection'));
    return new Connection();
  });

export const createPool = (config) => new Pool(config);

export default { createConnection, createPool };
