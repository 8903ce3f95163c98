// pg: a client is a session of its own; a pool's query takes any of them.
import { database, effect, fresh, io, misuse, semaphore } from 'krepis:model';

export class DatabaseError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'error';
    this.code = code;
  }
}

const CODES = {
  unique: '23505',
  serialization: '40001',
  deadlock: '40P01',
  'lock-not-available': '55P03',
  aborted: '25P02',
};

const db = database('pg', 'postgres', (kind, table, columns) => {
  const error = new DatabaseError(`${kind} ${table}`, CODES[kind] ?? 'XX000');
  error.table = table;
  error.constraint = `${table}_${columns.join('_')}_key`;
  return error;
});

const run = (session, text, params, callback) => {
  const answer = io('query', () => db.sql(session, text, typeof params === 'function' ? undefined : params));
  const done = typeof params === 'function' ? params : callback;
  if (done === undefined) return answer;
  answer.then(
    (result) => done(null, result),
    (error) => done(error),
  );
};

export class Client {
  constructor(config) {
    this.session = db.session();
  }

  connect(callback) {
    const opened = io('connect', () => effect('connect to the database', fresh('connection')));
    if (callback === undefined) return opened;
    opened.then(() => callback(null), callback);
  }

  query(text, params, callback) {
    return run(this.session, text, params, callback);
  }

  async end() {
    db.sql(this.session, 'SELECT pg_advisory_unlock_all()');
  }

  on() {
    return this;
  }
}

export class PoolClient {
  constructor(permits) {
    this.session = db.session();
    this.permits = permits;
    let open = true;
    this.release = () => {
      if (open) permits.release();
      else misuse('a client is released twice');
      open = false;
    };
  }

  query(text, params, callback) {
    return run(this.session, text, params, callback);
  }

  on() {
    return this;
  }
}

export class Pool {
  constructor(config) {
    this.permits = semaphore('pool client', 10);
  }

  connect(callback) {
    const client = io('pool.connect', () => {
      this.permits.tryAcquire();
      return new PoolClient(this.permits);
    });
    if (callback === undefined) return client;
    client.then(
      (c) => callback(null, c, c.release),
      (error) => callback(error),
    );
  }

  query(text, params, callback) {
    return run(null, text, params, callback);
  }

  async end() {}

  on() {
    return this;
  }
}

// `query` as programs keep it in a module of their own.
export const query = (text, params, callback) => run(null, text, params, callback);

// A statement that is sent when its answer is asked for.
export const lazily = (text, params) => db.lazy('query', () => db.sql(null, text, params));

export const types = { setTypeParser: () => {}, builtins: {} };

export default { Client, Pool, DatabaseError, types };
