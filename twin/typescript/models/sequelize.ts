// sequelize: models are classes, rows their instances; `version: true` compares versions on save.
import { database, io } from 'krepis:model';

class BaseError extends Error {}

export class UniqueConstraintError extends BaseError {
  constructor(message) {
    super(message);
    this.name = 'SequelizeUniqueConstraintError';
  }
}

export class OptimisticLockError extends BaseError {
  constructor(message) {
    super(message);
    this.name = 'SequelizeOptimisticLockError';
  }
}

export class DatabaseError extends BaseError {
  constructor(message) {
    super(message);
    this.name = 'SequelizeDatabaseError';
  }
}

export class EmptyResultError extends BaseError {}

const db = database('sequelize', 'postgres', (kind, table) => {
  if (kind === 'unique') return new UniqueConstraintError(table);
  if (kind === 'stale') return new OptimisticLockError(table);
  return new DatabaseError(`${kind} ${table}`);
});

export const Op = {
  eq: '$eq',
  ne: '$ne',
  gt: '$gt',
  gte: '$gte',
  lt: '$lt',
  lte: '$lte',
  in: '$in',
  notIn: '$notIn',
  and: '$and',
  or: '$or',
  not: '$not',
  is: '$is',
  between: '$between',
  like: '$like',
  iLike: '$iLike',
};

export const literal = (text) => ({ __sql: text, params: [] });

export const col = (name) => ({ __col: name });

export const fn = (name, ...args) => ({ __op: `fn:${name.toLowerCase()}`, args });

export const where = (left, op, right) => ({ __op: '=', args: [left, right ?? op] });

const LOCKS = { UPDATE: 'update', SHARE: 'share', 'NO KEY UPDATE': 'update', KEY_SHARE: 'share' };

const txOf = (options) => options?.transaction?.tx ?? null;

const lockOf = (options) => {
  const lock = options?.lock;
  if (lock === undefined || lock === false) return undefined;
  if (lock === true) return 'update';
  return LOCKS[lock.level ?? lock] ?? 'update';
};

const reading = (model, options, extra) => ({
  lock: lockOf(options),
  skipLocked: options?.skipLocked === true,
  cls: model,
  ...extra,
});

const tableOf = (model) => model.__table ?? model.name;

// Constraints in the attributes and options of a model.
const declare = (name, attributes, options) => {
  const unique = [];
  const primaryKey = [];
  const fields = {};
  for (const [key, attribute] of Object.entries(attributes ?? {})) {
    if (attribute?.field !== undefined) fields[key] = attribute.field;
    if (attribute?.primaryKey === true) primaryKey.push(key);
    if (attribute?.unique === true) unique.push([key]);
  }
  for (const index of options?.indexes ?? []) if (index.unique === true) unique.push(index.fields);
  const version = options?.version === true ? 'version' : options?.version;
  db.declare(name, { unique, primaryKey, fields, version });
};

export class Model {
  constructor(data) {
    if (data !== undefined) Object.assign(this, data);
  }

  static init(attributes, options) {
    this.__table = options?.modelName ?? options?.tableName ?? this.name;
    declare(this.__table, attributes, options);
    return this;
  }

  static findOne(options) {
    return io('findOne', () => {
      const row = db.select(txOf(options), tableOf(this), options?.where, reading(this, options, { one: true }));
      if (row === null && options?.rejectOnEmpty) throw new EmptyResultError('not found');
      return row;
    });
  }

  static findByPk(id, options) {
    return this.findOne({ ...options, where: { id } });
  }

  static findAll(options) {
    return io('findAll', () =>
      db.select(txOf(options), tableOf(this), options?.where, reading(this, options, { one: options?.limit === 1 })),
    );
  }

  static findAndCountAll(options) {
    return io('findAndCountAll', () => ({
      rows: db.select(txOf(options), tableOf(this), options?.where, reading(this, options, {})),
      count: db.count(txOf(options), tableOf(this), options?.where, {}),
    }));
  }

  static async findOrCreate(options) {
    const found = await this.findOne(options);
    if (found !== null) return [found, false];
    return io('findOrCreate', () => {
      const { row, created } = db.upsert(
        txOf(options),
        tableOf(this),
        options.where,
        { ...options.where, ...options.defaults },
        {},
        { verdict: true, cls: this },
      );
      return [row, created];
    });
  }

  static build(data) {
    return new this(data);
  }

  static create(data, options) {
    return io('create', () => db.insert(txOf(options), tableOf(this), data, { cls: this }));
  }

  static bulkCreate(rows, options) {
    return io('bulkCreate', () =>
      db.insert(txOf(options), tableOf(this), rows, { cls: this, skipDuplicates: options?.ignoreDuplicates === true }),
    );
  }

  static upsert(data, options) {
    return io('upsert', () => {
      const { row, created } = db.upsert(txOf(options), tableOf(this), { id: data.id }, data, data, {
        verdict: true,
        cls: this,
      });
      return [row, created];
    });
  }

  static update(data, options) {
    return io('update', () => {
      const { count, rows } = db.update(txOf(options), tableOf(this), options.where, data, { cls: this });
      return options.returning ? [count, rows] : [count];
    });
  }

  static destroy(options) {
    return io('destroy', () => db.remove(txOf(options), tableOf(this), options?.where, {}).count);
  }

  static increment(fields, options) {
    return io('increment', () => changeBy(this, fields, options, 'increment', options.where));
  }

  static decrement(fields, options) {
    return io('decrement', () => changeBy(this, fields, options, 'decrement', options.where));
  }

  static count(options) {
    return io('count', () => db.count(txOf(options), tableOf(this), options?.where, {}));
  }

  static sum(column, options) {
    return io('sum', () => db.aggregate(txOf(options), tableOf(this), options?.where, 'sum', column));
  }

  static max(column, options) {
    return io('max', () => db.aggregate(txOf(options), tableOf(this), options?.where, 'max', column));
  }

  static min(column, options) {
    return io('min', () => db.aggregate(txOf(options), tableOf(this), options?.where, 'min', column));
  }

  static hasMany() {}

  static belongsTo() {}

  static hasOne() {}

  static belongsToMany() {}

  static addHook() {}

  static scope() {
    return this;
  }

  save(options) {
    return io('save', () => db.save(txOf(options), tableOf(this.constructor), this, { check: true }));
  }

  update(data, options) {
    return io('update', () => {
      Object.assign(this, data);
      return db.save(txOf(options), tableOf(this.constructor), this, { check: true });
    });
  }

  increment(fields, options) {
    return io('increment', () => changeBy(this.constructor, fields, options, 'increment', keyOf(this)));
  }

  decrement(fields, options) {
    return io('decrement', () => changeBy(this.constructor, fields, options, 'decrement', keyOf(this)));
  }

  destroy(options) {
    return io('destroy', () => db.remove(txOf(options), tableOf(this.constructor), keyOf(this), { one: true }).count);
  }

  reload(options) {
    return io('reload', () => db.reload(txOf(options), this));
  }

  set(key, value) {
    if (typeof key === 'string') this[key] = value;
    else Object.assign(this, key);
    return this;
  }

  get(key) {
    return key === undefined ? this : this[key];
  }

  getDataValue(key) {
    return this[key];
  }

  setDataValue(key, value) {
    this[key] = value;
  }

  toJSON() {
    return this;
  }
}

const keyOf = (row) => db.rowKey(row) ?? { id: row.id };

const changeBy = (model, fields, options, what, filter) => {
  const data = {};
  if (typeof fields === 'string') data[fields] = { [what]: options?.by ?? 1 };
  else if (Array.isArray(fields)) for (const name of fields) data[name] = { [what]: options?.by ?? 1 };
  else for (const [name, by] of Object.entries(fields)) data[name] = { [what]: by };
  return db.update(txOf(options), tableOf(model), filter, data, { cls: model });
};

export class Transaction {
  constructor(tx) {
    this.tx = tx;
    this.LOCK = Transaction.LOCK;
  }

  async commit() {
    await io('COMMIT', () => db.commit(this.tx));
  }

  async rollback() {
    await io('ROLLBACK', () => db.rollback(this.tx));
  }

  afterCommit(work) {
    work();
  }
}

Transaction.LOCK = { UPDATE: 'UPDATE', SHARE: 'SHARE', NO_KEY_UPDATE: 'UPDATE', KEY_SHARE: 'SHARE' };
Transaction.ISOLATION_LEVELS = {
  READ_UNCOMMITTED: 'READ UNCOMMITTED',
  READ_COMMITTED: 'READ COMMITTED',
  REPEATABLE_READ: 'REPEATABLE READ',
  SERIALIZABLE: 'SERIALIZABLE',
};

export const QueryTypes = { SELECT: 'SELECT', INSERT: 'INSERT', UPDATE: 'UPDATE', DELETE: 'DELETE', RAW: 'RAW' };

export class Sequelize {
  constructor(...options) {
    this.models = {};
  }

  define(name, attributes, options) {
    class Defined extends Model {}
    Defined.__table = name;
    declare(name, attributes, options);
    this.models[name] = Defined;
    return Defined;
  }

  async transaction(first, second) {
    const work = typeof first === 'function' ? first : second;
    const tx = db.begin(typeof first === 'function' ? undefined : first?.isolationLevel);
    const transaction = new Transaction(tx);
    if (work === undefined) return transaction;
    let result;
    try {
      result = await work(transaction);
    } catch (error) {
      db.rollback(tx);
      throw error;
    }
    await io('COMMIT', () => db.commit(tx));
    return result;
  }

  query(text, options) {
    return io('query', () => {
      const { rows, rowCount } = db.sql(txOf(options), text, options?.replacements ?? options?.bind ?? []);
      if (options?.plain) return rows[0] ?? null;
      return options?.type === 'SELECT' ? rows : [rows, rowCount];
    });
  }

  async authenticate() {}

  async sync() {}

  async close() {}
}

Sequelize.Op = Op;
Sequelize.literal = literal;
Sequelize.fn = fn;
Sequelize.col = col;
Sequelize.where = where;
Sequelize.Transaction = Transaction;

const kind = () => ({});

export const DataTypes = {
  STRING: kind,
  TEXT: kind,
  INTEGER: kind,
  BIGINT: kind,
  DECIMAL: kind,
  FLOAT: kind,
  BOOLEAN: kind,
  DATE: kind,
  DATEONLY: kind,
  UUID: kind,
  UUIDV4: kind,
  JSON: kind,
  JSONB: kind,
  ENUM: kind,
  ARRAY: kind,
};

export default Sequelize;
