// drizzle-orm: operators and the `sql` template; databases are in the driver's subpath.
import { database, io } from 'krepis:model';

const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03' };

const db = database('drizzle', 'postgres', (kind, table, columns) => {
  const error = new Error(`${kind} ${table}`);
  error.code = CODES[kind] ?? 'XX000';
  error.constraint = `${table}_${columns.join('_')}_unique`;
  return error;
});

const compare =
  (op) =>
  (left, ...right) => ({ __op: op, args: [{ __col: left }, ...right] });

export const eq = compare('=');
export const ne = compare('<>');
export const gt = compare('>');
export const gte = compare('>=');
export const lt = compare('<');
export const lte = compare('<=');
export const like = compare('like');
export const ilike = compare('like');
export const inArray = compare('in');
export const isNull = compare('isnull');
export const not = (condition) => ({ __op: 'not', args: [condition] });
export const notInArray = (column, values) => not(inArray(column, values));
export const isNotNull = (column) => not(isNull(column));
export const and = (...conditions) => ({ __op: 'and', args: conditions.filter((one) => one !== undefined) });
export const or = (...conditions) => ({ __op: 'or', args: conditions.filter((one) => one !== undefined) });
export const between = (column, low, high) => and(gte(column, low), lte(column, high));
export const asc = (column) => column;
export const desc = (column) => column;
export const relations = () => ({});

export const sql = (strings, ...values) => {
  const made = db.template(strings, values);
  made.as = () => made;
  made.mapWith = () => made;
  return made;
};

sql.raw = (text) => ({ __sql: text, params: [] });

const aggregate = (op) => (column) => ({ __aggregate: op, column });

export const count = aggregate('count');
export const countDistinct = aggregate('count');
export const sum = aggregate('sum');
export const max = aggregate('max');
export const min = aggregate('min');
export const avg = aggregate('avg');

class Query {
  constructor(tx, kind, table) {
    this.tx = tx;
    this.kind = kind;
    this.table = table;
    this.filter = undefined;
    this.options = {};
    this.pending = db.lazy(kind, () => this.run());
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

  execute() {
    return this.pending.then((result) => result);
  }

  from(table) {
    this.table = table;
    return this;
  }

  where(condition) {
    this.filter = condition;
    return this;
  }

  for(strength, config) {
    this.options.lock = strength.includes('update') ? 'update' : 'share';
    this.options.skipLocked = config?.skipLocked === true;
    this.options.nowait = config?.noWait === true;
    return this;
  }

  limit(n) {
    if (n === 1) this.options.one = true;
    return this;
  }

  values(rows) {
    this.data = rows;
    return this;
  }

  set(data) {
    this.data = data;
    return this;
  }

  onConflictDoNothing(config) {
    this.conflict = { target: config?.target ?? [], set: null };
    return this;
  }

  onConflictDoUpdate(config) {
    this.conflict = { target: config.target, set: config.set };
    return this;
  }

  onDuplicateKeyUpdate(config) {
    this.conflict = { target: [], set: config.set };
    return this;
  }

  returning() {
    this.returned = true;
    return this;
  }

  $returningId() {
    return this.returning();
  }

  orderBy() {
    return this;
  }

  offset() {
    return this;
  }

  groupBy() {
    return this;
  }

  leftJoin() {
    return this;
  }

  innerJoin() {
    return this;
  }

  $dynamic() {
    return this;
  }

  prepare() {
    return this;
  }

  run() {
    const { tx, table, filter, options } = this;
    if (this.kind === 'update') {
      const { count: changed, rows } = db.update(tx, table, filter, this.data, {});
      return this.returned ? rows : { rowCount: changed, rowsAffected: changed, affectedRows: changed };
    }
    if (this.kind === 'delete') {
      const { count: gone, before } = db.remove(tx, table, filter, {});
      return this.returned ? before : { rowCount: gone, rowsAffected: gone, affectedRows: gone };
    }
    if (this.kind === 'insert') return this.inserted();
    const totals = this.fields === undefined ? [] : Object.entries(this.fields).filter(([, field]) => field.__aggregate);
    if (totals.length > 0) {
      const row = {};
      for (const [name, { __aggregate, column }] of totals) {
        row[name] =
          __aggregate === 'count'
            ? db.count(tx, table, filter, {})
            : db.aggregate(tx, table, filter, __aggregate, column.__col);
      }
      return [row];
    }
    const rows = db.select(tx, table, filter, options);
    if (this.kind === 'findFirst') return rows ?? undefined;
    return options.one ? (rows === null ? [] : [rows]) : rows;
  }

  inserted() {
    const rows = Array.isArray(this.data) ? this.data : [this.data];
    if (this.conflict === undefined) return db.insert(this.tx, this.table, rows, {});
    const made = [];
    const target = Array.isArray(this.conflict.target) ? this.conflict.target : [this.conflict.target];
    for (const row of rows) {
      const where = {};
      for (const column of target) where[db.columnName(column)] = row[db.columnName(column)];
      const one = db.upsert(this.tx, this.table, where, row, this.conflict.set, {});
      if (one !== null) made.push(one);
    }
    return this.returned ? made : { rowCount: made.length };
  }
}

export class Database {
  constructor(tx) {
    this.tx = tx;
    this.query = db.dynamic({}, (table) => ({
      findFirst: (options) => {
        const found = new Query(tx, 'findFirst', table).where(filterOf(options)).limit(1);
        return found;
      },
      findMany: (options) => new Query(tx, 'findMany', table).where(filterOf(options)),
    }));
  }

  select(fields) {
    const query = new Query(this.tx, 'select', undefined);
    query.fields = fields;
    return query;
  }

  selectDistinct(fields) {
    return this.select(fields);
  }

  insert(table) {
    return new Query(this.tx, 'insert', table);
  }

  update(table) {
    return new Query(this.tx, 'update', table);
  }

  delete(table) {
    return new Query(this.tx, 'delete', table);
  }

  $count(table, filter) {
    return io('count', () => db.count(this.tx, table, filter, {}));
  }

  execute(query) {
    return io('execute', () => db.sql(this.tx, query.__sql ?? query, query.params));
  }

  async transaction(work, options) {
    const tx = this.tx ?? db.begin(options?.isolationLevel);
    const inner = new Database(tx);
    inner.rollback = () => {
      throw new Error('Rollback');
    };
    let result;
    try {
      result = await work(inner);
    } catch (error) {
      if (this.tx === null) db.rollback(tx);
      throw error;
    }
    if (this.tx === null) await io('COMMIT', () => db.commit(tx));
    return result;
  }
}

const filterOf = (options) => (typeof options?.where === 'function' ? undefined : options?.where);

export const drizzle = (...config) => new Database(null);

const column = (name) => {
  const made = { __col: name, isUnique: false, isKey: false };
  made.unique = () => {
    made.isUnique = true;
    return made;
  };
  made.primaryKey = () => {
    made.isKey = true;
    return made;
  };
  for (const method of ['notNull', 'default', 'defaultNow', 'references', 'array', '$type']) {
    made[method] = () => made;
  }
  for (const method of ['defaultRandom', '$defaultFn', '$default', '$onUpdate', 'generatedAlwaysAsIdentity']) {
    made[method] = () => made;
  }
  return made;
};

export const columnOf = (name) => column(name);

export const table = (name, columns, extra) => {
  const made = { __table: name };
  const unique = [];
  const primaryKey = [];
  for (const key of Object.keys(columns)) {
    made[key] = { __col: key };
    if (columns[key].isUnique === true) unique.push([key]);
    if (columns[key].isKey === true) primaryKey.push(key);
  }
  const constraints = extra === undefined ? [] : extra(made);
  for (const one of Array.isArray(constraints) ? constraints : Object.values(constraints)) {
    const names = (one.columns ?? []).map((part) => part.__col);
    if (one.kind === 'unique') unique.push(names);
    if (one.kind === 'primaryKey') primaryKey.push(...names);
  }
  db.declare(name, { unique, primaryKey });
  return made;
};

export const constraint = (kind) => (config) => ({
  kind,
  columns: config?.columns ?? [],
  on: (...columns) => ({ kind, columns }),
});
