// kysely: a typed builder; nothing runs before execute.
import { database, io } from 'krepis:model';

const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03' };

const db = database('kysely', 'postgres', (kind, table, columns) => {
  const error = new Error(`${kind} ${table}`);
  error.code = CODES[kind] ?? 'XX000';
  error.constraint = `${table}_${columns.join('_')}_key`;
  return error;
});

export class NoResultError extends Error {}

const OPERATORS = { '!=': '<>', is: 'isnull', ilike: 'like' };

const binary = (left, op, right) => {
  const column = typeof left === 'string' ? { __col: left } : left;
  if (op === 'is' || (op === 'is not' && right === null)) {
    const test = right === null ? { __op: 'isnull', args: [column] } : { __op: '=', args: [column, right] };
    return op === 'is' ? test : { __op: 'not', args: [test] };
  }
  if (op === 'not in') return { __op: 'not', args: [{ __op: 'in', args: [column, right] }] };
  return { __op: OPERATORS[op] ?? op, args: [column, right] };
};

const eb = (left, op, right) => binary(left, op, right);
eb.ref = (name) => ({ __col: name });
eb.val = (value) => value;
eb.and = (list) => ({ __op: 'and', args: list });
eb.or = (list) => ({ __op: 'or', args: list });
eb.not = (condition) => ({ __op: 'not', args: [condition] });
eb.eb = eb;

const total = (op) => (column) => ({
  __aggregate: op,
  column,
  as(alias) {
    return { __aggregate: op, column, alias };
  },
});

eb.fn = { countAll: total('count'), count: total('count'), sum: total('sum'), max: total('max'), min: total('min') };

export const sql = (strings, ...values) => {
  const made = db.template(strings, values);
  made.execute = (client) => io('sql', () => db.sql(client.tx, made.__sql, made.params));
  made.as = () => made;
  return made;
};

sql.ref = (name) => ({ __col: name });
sql.lit = (value) => value;
sql.raw = (text) => ({ __sql: text, params: [] });
sql.table = (name) => ({ __col: name });

class Conflict {
  column(name) {
    this.target = [...(this.target ?? []), name];
    return this;
  }

  columns(names) {
    this.target = names;
    return this;
  }

  constraint() {
    this.target = [];
    return this;
  }

  doNothing() {
    this.set = null;
    return this;
  }

  doUpdateSet(changes) {
    this.set = typeof changes === 'function' ? changes(eb) : changes;
    return this;
  }
}

export class Query {
  constructor(tx, kind, table) {
    this.tx = tx;
    this.kind = kind;
    this.table = table;
    this.conditions = [];
    this.options = {};
    this.totals = [];
  }

  where(left, op, right) {
    if (typeof left === 'function') this.conditions.push(left(eb));
    else if (op === undefined) this.conditions.push(left);
    else this.conditions.push(binary(left, op, right));
    return this;
  }

  whereRef(left, op, right) {
    this.conditions.push(binary(left, op, { __col: right }));
    return this;
  }

  select(fields) {
    const picked = typeof fields === 'function' ? fields(eb) : fields;
    for (const one of Array.isArray(picked) ? picked : [picked]) {
      if (typeof one === 'object' && one.__aggregate) this.totals.push(one);
    }
    return this;
  }

  selectAll() {
    return this;
  }

  set(changes, value) {
    const made = typeof changes === 'function' ? changes(eb) : changes;
    this.data = typeof made === 'string' ? { ...this.data, [made]: value } : { ...this.data, ...made };
    return this;
  }

  values(rows) {
    this.data = rows;
    return this;
  }

  onConflict(build) {
    this.conflict = build(new Conflict());
    return this;
  }

  ignore() {
    this.conflict = new Conflict().constraint().doNothing();
    return this;
  }

  returning() {
    this.returned = true;
    return this;
  }

  returningAll() {
    this.returned = true;
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

  limit(n) {
    if (n === 1) this.options.one = true;
    return this;
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

  innerJoin() {
    return this;
  }

  leftJoin() {
    return this;
  }

  from() {
    return this;
  }

  $if(yes, change) {
    return yes ? change(this) : this;
  }

  run() {
    const { tx, table, options } = this;
    const where = { AND: this.conditions };
    if (this.kind === 'update') {
      const { count, rows } = db.update(tx, table, where, this.data, {});
      return this.returned ? rows : [{ numUpdatedRows: BigInt(count), numChangedRows: BigInt(count) }];
    }
    if (this.kind === 'delete') {
      const { count, before } = db.remove(tx, table, where, {});
      return this.returned ? before : [{ numDeletedRows: BigInt(count) }];
    }
    if (this.kind === 'insert') return this.inserted();
    if (this.totals.length > 0) {
      const row = {};
      for (const { __aggregate, column, alias } of this.totals) {
        row[alias] =
          __aggregate === 'count' ? db.count(tx, table, where, {}) : db.aggregate(tx, table, where, __aggregate, column);
      }
      return [row];
    }
    const rows = db.select(tx, table, where, options);
    return options.one ? (rows === null ? [] : [rows]) : rows;
  }

  inserted() {
    const rows = Array.isArray(this.data) ? this.data : [this.data];
    if (this.conflict === undefined) {
      const made = db.insert(this.tx, this.table, rows, {});
      return this.returned ? made : [{ insertId: made[0].id, numInsertedOrUpdatedRows: BigInt(made.length) }];
    }
    const made = [];
    for (const row of rows) {
      const where = {};
      for (const name of this.conflict.target ?? []) where[name] = row[name];
      const one = db.upsert(this.tx, this.table, where, row, this.conflict.set, {});
      if (one !== null) made.push(one);
    }
    return this.returned ? made : [{ numInsertedOrUpdatedRows: BigInt(made.length) }];
  }

  execute() {
    return io(this.kind, () => this.run());
  }

  executeTakeFirst() {
    if (this.kind === 'select' && this.totals.length === 0) this.options.one = true;
    return io(this.kind, () => this.run()[0]);
  }

  executeTakeFirstOrThrow() {
    if (this.kind === 'select' && this.totals.length === 0) {
      this.options.one = true;
      this.options.must = true;
    }
    return io(this.kind, () => {
      const row = this.run()[0];
      if (row === undefined) throw new NoResultError('no result');
      return row;
    });
  }
}

class TransactionBuilder {
  setIsolationLevel(level) {
    this.level = level;
    return this;
  }

  setAccessMode() {
    return this;
  }

  async execute(work) {
    const tx = db.begin(this.level);
    let result;
    try {
      result = await work(new Transaction(tx));
    } catch (error) {
      db.rollback(tx);
      throw error;
    }
    await io('COMMIT', () => db.commit(tx));
    return result;
  }
}

export class Kysely {
  constructor(config) {
    this.tx = null;
    this.fn = eb.fn;
  }

  selectFrom(table) {
    return new Query(this.tx, 'select', table);
  }

  insertInto(table) {
    return new Query(this.tx, 'insert', table);
  }

  updateTable(table) {
    return new Query(this.tx, 'update', table);
  }

  deleteFrom(table) {
    return new Query(this.tx, 'delete', table);
  }

  replaceInto(table) {
    return new Query(this.tx, 'insert', table);
  }

  transaction() {
    return new TransactionBuilder();
  }

  async destroy() {}
}

export class Transaction extends Kysely {
  constructor(tx) {
    super(undefined);
    this.tx = tx;
  }
}

export class PostgresDialect {
  constructor(config) {}
}

export class MysqlDialect {
  constructor(config) {}
}

export class SqliteDialect {
  constructor(config) {}
}
