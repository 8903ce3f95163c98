// @supabase/supabase-js: a request begins when it is awaited, and what fails is a value, not an exception.
import { database, effect, io, unknown } from 'krepis:model';

const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03' };

const db = database('supabase', 'postgres', (kind, table) => {
  const error = new Error(`${kind} ${table}`);
  error.code = CODES[kind] ?? 'XX000';
  return error;
});

const OPERATORS = { eq: '=', neq: '<>', gt: '>', gte: '>=', lt: '<', lte: '<=', like: 'like', ilike: 'like', in: 'in' };

const compared = (column, name, value) => {
  if (name === 'is') return { __op: value === null ? 'isnull' : '=', args: [{ __col: column }, value].slice(0, value === null ? 1 : 2) };
  return { __op: OPERATORS[name] ?? name, args: [{ __col: column }, value] };
};

class Query {
  constructor(table) {
    this.table = table;
    this.kind = 'select';
    this.conditions = [];
    this.returned = true;
    this.pending = db.lazy('supabase', () => this.answer());
  }

  filter(column, name, value) {
    this.conditions.push(compared(column, name, value));
    return this;
  }

  not(column, name, value) {
    this.conditions.push({ __op: 'not', args: [compared(column, name, value)] });
    return this;
  }

  or(text) {
    const parts = text.split(',').map((part) => part.split('.'));
    this.conditions.push({ __op: 'or', args: parts.map(([column, name, value]) => compared(column, name, value)) });
    return this;
  }

  match(values) {
    for (const column of Object.keys(values)) this.filter(column, 'eq', values[column]);
    return this;
  }

  select(columns, options) {
    this.options = options ?? this.options;
    this.returned = true;
    return this;
  }

  change(kind, data, options) {
    this.kind = kind;
    this.data = data;
    this.options = options;
    this.returned = false;
    return this;
  }

  insert(rows, options) {
    return this.change('insert', rows, options);
  }

  upsert(rows, options) {
    return this.change('upsert', rows, options);
  }

  update(changes, options) {
    return this.change('update', changes, options);
  }

  delete(options) {
    return this.change('delete', undefined, options);
  }

  order() {
    return this;
  }

  range() {
    return this;
  }

  limit(n) {
    this.first = n === 1;
    return this;
  }

  single() {
    this.one = 'must';
    return this;
  }

  maybeSingle() {
    this.one = 'maybe';
    return this;
  }

  throwOnError() {
    this.throws = true;
    return this;
  }

  rows() {
    const { table, data, options } = this;
    const where = { AND: this.conditions };
    const list = Array.isArray(data) ? data : [data];
    if (this.kind === 'update') return db.update(null, table, where, data, {}).rows;
    if (this.kind === 'delete') return db.remove(null, table, where, {}).before;
    if (this.kind === 'insert') return db.insert(null, table, list, {});
    if (this.kind === 'upsert') {
      const target = (options?.onConflict ?? 'id').split(',');
      const changes = (row) => (options?.ignoreDuplicates ? null : row);
      return list.flatMap((row) => {
        const key = {};
        for (const column of target) key[column.trim()] = row[column.trim()];
        const made = db.upsert(null, table, key, row, changes(row), {});
        return made === null ? [] : [made];
      });
    }
    if (this.one === undefined && !this.first) return db.select(null, table, where, {});
    const row = db.select(null, table, where, { one: true, must: this.one === 'must' });
    return row === null ? [] : [row];
  }

  run() {
    if (this.kind === 'select' && this.options?.head) {
      return { data: null, error: null, count: db.count(null, this.table, { AND: this.conditions }, {}) };
    }
    const rows = this.rows();
    const data = !this.returned ? null : this.one === undefined ? rows : (rows[0] ?? null);
    const error = this.one === 'must' && data === null ? { code: 'PGRST116', message: 'no rows' } : null;
    return { data, error, count: this.options?.count === undefined ? null : rows.length };
  }

  answer() {
    try {
      return this.run();
    } catch (error) {
      if (this.throws || !(error instanceof Error)) throw error;
      return { data: null, error, count: null };
    }
  }

  then(done, failed) {
    return this.pending.then(done, failed);
  }
}

for (const name of ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'like', 'ilike', 'is', 'in']) {
  Query.prototype[name] = function (column, value) {
    return this.filter(column, name, value);
  };
}

export class SupabaseClient {
  constructor(url, key, options) {
    this.auth = unknown('supabase.auth');
    this.storage = unknown('supabase.storage');
    this.functions = unknown('supabase.functions');
  }

  from(table) {
    return new Query(table);
  }

  schema() {
    return this;
  }

  // A function of the database is one statement there.
  rpc(name, args) {
    return io(`supabase.${name}`, () => {
      effect(`supabase.rpc ${name}`, args);
      return { data: unknown(`supabase.rpc ${name}`, args), error: null };
    });
  }
}

export const createClient = (url, key, options) => new SupabaseClient(url, key, options);
