// node:sqlite, where everything is synchronous on one connection; and npm's sqlite, where each call is one step.
import { database, io, ioSync } from 'krepis:model';

const db = database('sqlite', 'sqlite', (kind, table) => {
  const error = new Error(`${kind} ${table}`);
  error.code = 'ERR_SQLITE_ERROR';
  error.errcode = kind === 'unique' ? 2067 : 5;
  return error;
});

// One object for placeholders with names, one array or each value for those without.
const given = (text, params) =>
  params.length === 1 && (Array.isArray(params[0]) || /[@:$][a-z_]/i.test(text)) ? params[0] : params;

const changes = ({ rowCount, insertId }) => ({ changes: rowCount, lastInsertRowid: insertId });

export class StatementSync {
  constructor(session, text, store = db) {
    this.session = session;
    this.text = text;
    this.store = store;
  }

  execute(params) {
    return ioSync('query', () => this.store.sql(this.session, this.text, given(this.text, params)));
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
    return changes(this.execute(params));
  }

  setReadBigInts() {}

  setAllowBareNamedParameters() {}
}

export class DatabaseSync {
  constructor(path, options) {
    this.session = db.session();
  }

  open() {}

  close() {}

  prepare(text) {
    return new StatementSync(this.session, text);
  }

  exec(text) {
    ioSync('exec', () => db.sql(this.session, text, []));
  }

  function() {}
}

class Database {
  constructor() {
    this.session = db.session();
  }

  ask(text, params) {
    return io('query', () => db.sql(this.session, text, given(text, params)));
  }

  get(text, ...params) {
    return this.ask(text, params).then(({ rows }) => rows[0]);
  }

  all(text, ...params) {
    return this.ask(text, params).then(({ rows }) => rows);
  }

  run(text, ...params) {
    return this.ask(text, params).then(({ rowCount, insertId }) => ({ changes: rowCount, lastID: insertId }));
  }

  exec(text) {
    return this.ask(text, []).then(() => undefined);
  }

  migrate() {
    return io('migrate', () => undefined);
  }

  close() {
    return io('close', () => undefined);
  }
}

export const open = (config) => io('open', () => new Database());

export default { DatabaseSync, StatementSync, open };
