// knex: a builder describes a query and runs it when it is awaited; a transaction is a knex of its own.
import { database, io } from 'krepis:model';

const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03' };

const db = database('knex', 'postgres', (kind, table, columns) => {
  const error = new Error(`${kind} ${table}`);
  error.code = CODES[kind] ?? 'XX000';
  error.constraint = `${table}_${columns.join('_')}_unique`;
  return error;
});

class Raw {
  constructor(tx, text, params) {
    this.__sql = text;
    this.params = params === undefined ? [] : Array.isArray(params) || typeof params === 'object' ? params : [params];
    this.pending = db.lazy('raw', () => db.sql(tx, text, this.params));
  }

  then(ok, err) {
    return this.pending.then(ok, err);
  }

  catch(err) {
    return this.pending.catch(err);
  }

  wrap() {
    return this;
  }
}

const column = (name) => (typeof name === 'string' ? { __col: name } : name);

const term = (value) => (value instanceof Raw ? { __sql: value.__sql, params: value.params } : value);

const data = (object) => {
  const out = {};
  for (const [key, value] of Object.entries(object)) out[key] = term(value);
  return out;
};

const OPERATORS = { '=': '=', '!=': '<>', '<>': '<>', '<': '<', '<=': '<=', '>': '>', '>=': '>=', like: 'like', ilike: 'like' };

export class QueryBuilder {
  constructor(tx, table) {
    this.tx = tx;
    this.table = table;
    this.kind = 'select';
    this.conditions = [];
    this.options = {};
    this.picked = undefined;
    this.aggregated = undefined;
    this.pending = db.lazy('query', () => this.run());
  }

  then(ok, err) {
    return this.pending.then(ok, err);
  }

  catch(err) {
    return this.pending.catch(err);
  }

  finally(done) {
    return this.pending.finally(done);
  }

  clause(args) {
    const [first, second, third] = args;
    if (typeof first === 'function') {
      const inner = new QueryBuilder(this.tx, this.table);
      first.call(inner, inner);
      return { __op: 'and', args: inner.conditions };
    }
    if (first instanceof Raw) return term(first);
    if (args.length === 1) return first;
    if (args.length === 2) return second === null ? { [first]: null } : { __op: '=', args: [column(first), term(second)] };
    const op = OPERATORS[second];
    if (op !== undefined) return { __op: op, args: [column(first), term(third)] };
    if (second === 'in') return { __op: 'in', args: [column(first), third] };
    if (second === 'is' && third === null) return { __op: 'isnull', args: [column(first)] };
    return { __op: second, args: [column(first), third] };
  }

  where(...args) {
    this.conditions.push(this.clause(args));
    return this;
  }

  andWhere(...args) {
    return this.where(...args);
  }

  orWhere(...args) {
    this.conditions = [{ OR: [{ AND: this.conditions }, this.clause(args)] }];
    return this;
  }

  whereNot(...args) {
    this.conditions.push({ __op: 'not', args: [this.clause(args)] });
    return this;
  }

  whereIn(name, values) {
    this.conditions.push({ __op: 'in', args: [column(name), values] });
    return this;
  }

  whereNotIn(name, values) {
    this.conditions.push({ __op: 'not', args: [{ __op: 'in', args: [column(name), values] }] });
    return this;
  }

  whereNull(name) {
    this.conditions.push({ __op: 'isnull', args: [column(name)] });
    return this;
  }

  whereNotNull(name) {
    this.conditions.push({ __op: 'not', args: [{ __op: 'isnull', args: [column(name)] }] });
    return this;
  }

  whereBetween(name, [low, high]) {
    this.conditions.push({ __op: '>=', args: [column(name), low] }, { __op: '<=', args: [column(name), high] });
    return this;
  }

  whereRaw(text, params) {
    this.conditions.push({ __sql: text, params: params ?? [] });
    return this;
  }

  from(table) {
    this.table = table;
    return this;
  }

  into(table) {
    this.table = table;
    return this;
  }

  transacting(trx) {
    this.tx = trx?.tx ?? null;
    return this;
  }

  forUpdate() {
    this.options.lock = 'update';
    return this;
  }

  forNoKeyUpdate() {
    this.options.lock = 'update';
    return this;
  }

  forShare() {
    this.options.lock = 'share';
    return this;
  }

  skipLocked() {
    this.options.skipLocked = true;
    return this;
  }

  noWait() {
    this.options.nowait = true;
    return this;
  }

  first() {
    this.kind = 'first';
    return this;
  }

  limit(n) {
    if (n === 1) this.options.one = true;
    return this;
  }

  select() {
    return this;
  }

  column() {
    return this;
  }

  columns() {
    return this;
  }

  pluck(name) {
    this.kind = 'pluck';
    this.picked = name;
    return this;
  }

  aggregate(op, name) {
    const [first] = name !== null && typeof name === 'object' ? Object.entries(name) : [];
    const [plain, alias] = first === undefined ? String(name ?? '*').split(/ as /i) : [first[1], first[0]];
    this.kind = 'aggregate';
    this.aggregated = { op, column: plain, alias: alias ?? (op === 'count' ? 'count' : op) };
    return this;
  }

  count(name) {
    return this.aggregate('count', name);
  }

  countDistinct(name) {
    return this.count(name);
  }

  sum(name) {
    return this.aggregate('sum', name);
  }

  max(name) {
    return this.aggregate('max', name);
  }

  min(name) {
    return this.aggregate('min', name);
  }

  avg(name) {
    return this.aggregate('avg', name);
  }

  insert(rows) {
    this.kind = 'insert';
    this.data = rows;
    return this;
  }

  update(values, value) {
    this.kind = 'update';
    this.data = typeof values === 'string' ? { [values]: value } : data(values);
    return this;
  }

  increment(name, by) {
    this.kind = 'update';
    this.data = typeof name === 'string' ? { [name]: { increment: by ?? 1 } } : this.each(name, 'increment');
    return this;
  }

  decrement(name, by) {
    this.kind = 'update';
    this.data = typeof name === 'string' ? { [name]: { decrement: by ?? 1 } } : this.each(name, 'decrement');
    return this;
  }

  each(amounts, what) {
    const out = {};
    for (const [name, by] of Object.entries(amounts)) out[name] = { [what]: by };
    return out;
  }

  delete() {
    this.kind = 'delete';
    return this;
  }

  del() {
    return this.delete();
  }

  returning() {
    this.returned = true;
    return this;
  }

  onConflict(columns) {
    this.target = columns === undefined ? [] : Array.isArray(columns) ? columns : [columns];
    return this;
  }

  ignore() {
    this.merging = null;
    return this;
  }

  merge(changes) {
    this.merging = changes === undefined ? this.data : Array.isArray(changes) ? this.chosen(changes) : data(changes);
    return this;
  }

  chosen(names) {
    const out = {};
    for (const name of names) out[name] = this.data[name];
    return out;
  }

  orderBy() {
    return this;
  }

  groupBy() {
    return this;
  }

  offset() {
    return this;
  }

  join() {
    return this;
  }

  leftJoin() {
    return this;
  }

  innerJoin() {
    return this;
  }

  distinct() {
    return this;
  }

  modify(change, ...args) {
    change(this, ...args);
    return this;
  }

  as() {
    return this;
  }

  clone() {
    const copy = new QueryBuilder(this.tx, this.table);
    copy.conditions = [...this.conditions];
    copy.options = { ...this.options };
    return copy;
  }

  run() {
    const { tx, table, options } = this;
    const where = { AND: this.conditions };
    if (this.kind === 'first') return db.select(tx, table, where, { ...options, one: true }) ?? undefined;
    if (this.kind === 'pluck') return db.select(tx, table, where, options).map((row) => row[this.picked]);
    if (this.kind === 'aggregate') {
      const { op, column: name, alias } = this.aggregated;
      const value = op === 'count' ? db.count(tx, table, where, {}) : db.aggregate(tx, table, where, op, name);
      return [{ [alias]: value }];
    }
    if (this.kind === 'insert') return this.inserted();
    if (this.kind === 'update') {
      const { count, rows } = db.update(tx, table, where, this.data, options);
      return this.returned ? rows : count;
    }
    if (this.kind === 'delete') {
      const { count, before } = db.remove(tx, table, where, options);
      return this.returned ? before : count;
    }
    if (options.one) {
      const row = db.select(tx, table, where, options);
      return row === null ? [] : [row];
    }
    return db.select(tx, table, where, options);
  }

  inserted() {
    const rows = Array.isArray(this.data) ? this.data : [this.data];
    if (this.target === undefined) return db.insert(this.tx, this.table, rows.map(data), {});
    const made = [];
    for (const row of rows) {
      const where = {};
      for (const name of this.target) where[name] = row[name];
      const one = db.upsert(this.tx, this.table, where, data(row), this.merging, {});
      if (one !== null) made.push(one);
    }
    return made;
  }
}

const make = (tx) => {
  const knex = (table) => new QueryBuilder(tx, table);
  knex.tx = tx;
  knex.raw = (text, params) => new Raw(tx, text, params);
  knex.fn = { now: () => new Raw(tx, 'now()', []), uuid: () => new Raw(tx, 'gen_random_uuid()', []) };
  knex.ref = (name) => ({ __col: name });
  knex.from = (table) => new QueryBuilder(tx, table);
  knex.into = (table) => new QueryBuilder(tx, table);
  knex.table = (table) => new QueryBuilder(tx, table);
  knex.select = () => new QueryBuilder(tx, undefined);
  knex.insert = (rows) => new QueryBuilder(tx, undefined).insert(rows);
  knex.queryBuilder = () => new QueryBuilder(tx, undefined);
  knex.destroy = async () => {};
  knex.commit = () => io('COMMIT', () => db.commit(tx));
  knex.rollback = () => io('ROLLBACK', () => db.rollback(tx));
  knex.isCompleted = () => false;
  knex.transaction = async (work, options) => {
    if (typeof work !== 'function') return make(db.begin(work?.isolationLevel));
    const own = tx ?? db.begin(options?.isolationLevel);
    let result;
    try {
      result = await work(make(own));
    } catch (error) {
      if (tx === null) db.rollback(own);
      throw error;
    }
    if (tx === null) await io('COMMIT', () => db.commit(own));
    return result;
  };
  knex.transactionProvider = () => () => knex.transaction();
  return knex;
};

export const knex = (config) => make(null);

export class Knex {
  constructor() {
    return make(null);
  }
}

export default knex;
