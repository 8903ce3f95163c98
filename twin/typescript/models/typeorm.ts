// typeorm: repositories and query builders over one database; a transaction's manager carries it.
import { database, effect, fresh, io } from 'krepis:model';

export class TypeORMError extends Error {}

export class QueryFailedError extends TypeORMError {
  constructor(message, code) {
    super(message);
    this.name = 'QueryFailedError';
    this.code = code;
    this.driverError = { code };
  }
}

export class EntityNotFoundError extends TypeORMError {}

export class OptimisticLockVersionMismatchError extends TypeORMError {}

const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03' };

const db = database('typeorm', 'postgres', (kind, table, columns) => {
  if (kind === 'stale') return new OptimisticLockVersionMismatchError(table);
  const error = new QueryFailedError(`${kind} ${table}`, CODES[kind] ?? 'XX000');
  error.detail = `Key (${columns.join(', ')}) already exists.`;
  return error;
});

const operator = (op, ...args) => ({ __op: op, args: [{ __col: '' }, ...args] });

export const Equal = (value) => operator('=', value);
export const MoreThan = (value) => operator('>', value);
export const MoreThanOrEqual = (value) => operator('>=', value);
export const LessThan = (value) => operator('<', value);
export const LessThanOrEqual = (value) => operator('<=', value);
export const In = (values) => operator('in', values);
export const Any = (values) => operator('in', values);
export const IsNull = () => operator('isnull');
export const Like = (value) => operator('like', value);
export const ILike = (value) => operator('like', value);
export const Between = (low, high) => ({ __op: 'and', args: [MoreThanOrEqual(low), LessThanOrEqual(high)] });
export const Not = (value) => ({
  __op: 'not',
  args: [value !== null && typeof value === 'object' && value.__op !== undefined ? value : operator('=', value)],
});
export const Raw = (text, params) => ({
  __sql: typeof text === 'function' ? text('__column') : text,
  params: params ?? {},
});

const LOCKS = {
  pessimistic_write: 'update',
  pessimistic_write_or_fail: 'update',
  pessimistic_partial_write: 'update',
  for_no_key_update: 'update',
  pessimistic_read: 'share',
  for_key_share: 'share',
};

const reading = (options, extra) => ({
  lock: LOCKS[options?.lock?.mode],
  skipLocked: options?.lock?.onLocked === 'skip_locked' || options?.lock?.mode === 'pessimistic_partial_write',
  nowait: options?.lock?.onLocked === 'nowait' || options?.lock?.mode === 'pessimistic_write_or_fail',
  ...extra,
});

const AGGREGATE = /\b(sum|count|max|min|avg)\(\s*(?:distinct\s+)?(?:\w+\.)?["`]?(\w+|\*)["`]?\s*\)/i;

const nameOf = (entity) => {
  if (typeof entity === 'string') return entity;
  return entity?.options?.name ?? entity?.name ?? entity;
};

const kindOf = (object) => object?.__entity ?? object?.constructor;

const checked = (row, options) => {
  if (row !== null && options?.lock?.mode === 'optimistic' && row.version !== options.lock.version) {
    throw new OptimisticLockVersionMismatchError('version');
  }
  return row;
};

const present = (row, entity) => {
  if (row === null) throw new EntityNotFoundError(`${nameOf(entity)}`);
  return row;
};

export class EntityManager {
  constructor(tx, dataSource) {
    this.tx = tx ?? null;
    this.connection = dataSource;
    this.dataSource = dataSource;
  }

  getRepository(entity) {
    return new Repository(entity, this);
  }

  withRepository(repository) {
    return new Repository(repository.target, this);
  }

  find(entity, options) {
    return io('find', () => db.select(this.tx, entity, options?.where, reading(options, { cls: entity })));
  }

  findBy(entity, where) {
    return io('find', () => db.select(this.tx, entity, where, { cls: entity }));
  }

  async findAndCount(entity, options) {
    return io('findAndCount', () => {
      const rows = db.select(this.tx, entity, options?.where, reading(options, { cls: entity }));
      return [rows, db.count(this.tx, entity, options?.where, {})];
    });
  }

  findOne(entity, options) {
    return io('findOne', () =>
      checked(db.select(this.tx, entity, options?.where, reading(options, { one: true, cls: entity })), options),
    );
  }

  findOneBy(entity, where) {
    return io('findOne', () => db.select(this.tx, entity, where, { one: true, cls: entity }));
  }

  findOneOrFail(entity, options) {
    return io('findOne', () => {
      const row = db.select(this.tx, entity, options?.where, reading(options, { one: true, must: true, cls: entity }));
      return checked(present(row, entity), options);
    });
  }

  findOneByOrFail(entity, where) {
    return io('findOne', () => present(db.select(this.tx, entity, where, { one: true, must: true, cls: entity }), entity));
  }

  count(entity, options) {
    return io('count', () => db.count(this.tx, entity, options?.where, {}));
  }

  countBy(entity, where) {
    return io('count', () => db.count(this.tx, entity, where, {}));
  }

  exists(entity, options) {
    return io('exists', () => db.select(this.tx, entity, options?.where, { one: true }) !== null);
  }

  exist(entity, options) {
    return this.exists(entity, options);
  }

  existsBy(entity, where) {
    return io('exists', () => db.select(this.tx, entity, where, { one: true }) !== null);
  }

  sum(entity, column, where) {
    return io('sum', () => db.aggregate(this.tx, entity, where, 'sum', column));
  }

  maximum(entity, column, where) {
    return io('max', () => db.aggregate(this.tx, entity, where, 'max', column));
  }

  minimum(entity, column, where) {
    return io('min', () => db.aggregate(this.tx, entity, where, 'min', column));
  }

  create(entity, data) {
    if (Array.isArray(data)) return data.map((one) => this.create(entity, one));
    return { ...data, __entity: entity };
  }

  merge(entity, target, ...sources) {
    return Object.assign(target, ...sources);
  }

  async preload(entity, data) {
    const row = await this.findOneBy(entity, { id: data.id });
    return row === null ? undefined : Object.assign(row, data);
  }

  save(target, data) {
    const objects = data === undefined || (data.reload !== undefined && target.prototype === undefined) ? target : data;
    const entity = objects === data ? target : undefined;
    return io('save', () => {
      if (Array.isArray(objects)) return objects.map((one) => db.save(this.tx, entity ?? kindOf(one), one, {}));
      return db.save(this.tx, entity ?? kindOf(objects), objects, {});
    });
  }

  insert(entity, data) {
    return io('insert', () => {
      const rows = db.insert(this.tx, entity, Array.isArray(data) ? data : [data], {});
      return { identifiers: rows.map((row) => ({ id: row.id })), generatedMaps: rows, raw: rows };
    });
  }

  update(entity, criteria, data) {
    return io('update', () => {
      const { count } = db.update(this.tx, entity, { __id: criteria }, data, {});
      return { affected: count, raw: [], generatedMaps: [] };
    });
  }

  increment(entity, where, column, by) {
    return io('increment', () => ({
      affected: db.update(this.tx, entity, where, { [column]: { increment: by } }, {}).count,
    }));
  }

  decrement(entity, where, column, by) {
    return io('decrement', () => ({
      affected: db.update(this.tx, entity, where, { [column]: { decrement: by } }, {}).count,
    }));
  }

  upsert(entity, data, conflict) {
    return io('upsert', () => {
      const paths = Array.isArray(conflict) ? conflict : conflict.conflictPaths;
      const rows = [];
      for (const one of Array.isArray(data) ? data : [data]) {
        const where = {};
        for (const path of paths) where[path] = one[path];
        rows.push(db.upsert(this.tx, entity, where, one, one, {}));
      }
      return { identifiers: rows, generatedMaps: rows, raw: rows };
    });
  }

  delete(entity, criteria) {
    return io('delete', () => ({ affected: db.remove(this.tx, entity, { __id: criteria }, {}).count, raw: [] }));
  }

  softDelete(entity, criteria) {
    return io('softDelete', () => ({
      affected: db.update(this.tx, entity, { __id: criteria }, { deletedAt: 'now' }, {}).count,
    }));
  }

  restore(entity, criteria) {
    return io('restore', () => ({
      affected: db.update(this.tx, entity, { __id: criteria }, { deletedAt: null }, {}).count,
    }));
  }

  remove(target, data) {
    const objects = data ?? target;
    const entity = data === undefined ? undefined : target;
    return io('remove', () => {
      for (const one of Array.isArray(objects) ? objects : [objects]) {
        db.remove(this.tx, entity ?? kindOf(one), db.rowKey(one) ?? { id: one.id }, {});
      }
      return objects;
    });
  }

  query(text, params) {
    return io('query', () => {
      const result = db.sql(this.tx, text, params);
      return result.command === 'SELECT' || result.rows.length > 0 ? result.rows : [result.rows, result.rowCount];
    });
  }

  createQueryBuilder(entity, alias, runner) {
    return new QueryBuilder(runner?.manager?.tx ?? this.tx, entity);
  }

  async transaction(isolation, work) {
    const run = work ?? isolation;
    const tx = this.tx ?? db.begin(work === undefined ? undefined : isolation);
    let result;
    try {
      result = await run(new EntityManager(tx, this.dataSource));
    } catch (error) {
      if (this.tx === null) db.rollback(tx);
      throw error;
    }
    if (this.tx === null) await io('COMMIT', () => db.commit(tx));
    return result;
  }
}

export class Repository {
  constructor(entity, manager) {
    this.target = entity;
    this.manager = manager ?? new EntityManager(null, undefined);
  }

  get metadata() {
    return { name: nameOf(this.target) };
  }

  find(options) {
    return this.manager.find(this.target, options);
  }

  findBy(where) {
    return this.manager.findBy(this.target, where);
  }

  findAndCount(options) {
    return this.manager.findAndCount(this.target, options);
  }

  findOne(options) {
    return this.manager.findOne(this.target, options);
  }

  findOneBy(where) {
    return this.manager.findOneBy(this.target, where);
  }

  findOneOrFail(options) {
    return this.manager.findOneOrFail(this.target, options);
  }

  findOneByOrFail(where) {
    return this.manager.findOneByOrFail(this.target, where);
  }

  count(options) {
    return this.manager.count(this.target, options);
  }

  countBy(where) {
    return this.manager.countBy(this.target, where);
  }

  exists(options) {
    return this.manager.exists(this.target, options);
  }

  exist(options) {
    return this.manager.exists(this.target, options);
  }

  existsBy(where) {
    return this.manager.existsBy(this.target, where);
  }

  sum(column, where) {
    return this.manager.sum(this.target, column, where);
  }

  maximum(column, where) {
    return this.manager.maximum(this.target, column, where);
  }

  minimum(column, where) {
    return this.manager.minimum(this.target, column, where);
  }

  create(data) {
    return this.manager.create(this.target, data ?? {});
  }

  merge(target, ...sources) {
    return Object.assign(target, ...sources);
  }

  preload(data) {
    return this.manager.preload(this.target, data);
  }

  save(data) {
    return this.manager.save(this.target, data);
  }

  insert(data) {
    return this.manager.insert(this.target, data);
  }

  update(criteria, data) {
    return this.manager.update(this.target, criteria, data);
  }

  increment(where, column, by) {
    return this.manager.increment(this.target, where, column, by);
  }

  decrement(where, column, by) {
    return this.manager.decrement(this.target, where, column, by);
  }

  upsert(data, conflict) {
    return this.manager.upsert(this.target, data, conflict);
  }

  delete(criteria) {
    return this.manager.delete(this.target, criteria);
  }

  softDelete(criteria) {
    return this.manager.softDelete(this.target, criteria);
  }

  restore(criteria) {
    return this.manager.restore(this.target, criteria);
  }

  remove(data) {
    return this.manager.remove(this.target, data);
  }

  query(text, params) {
    return this.manager.query(text, params);
  }

  createQueryBuilder(alias, runner) {
    return this.manager.createQueryBuilder(this.target, alias, runner);
  }

  extend(methods) {
    return Object.assign(this, methods);
  }
}

export class TreeRepository extends Repository {}

export class MongoRepository extends Repository {}

export class Brackets {
  constructor(build) {
    this.build = build;
  }
}

export class NotBrackets extends Brackets {}

export class QueryBuilder {
  constructor(tx, entity) {
    this.tx = tx;
    this.entity = entity;
    this.kind = 'select';
    this.conditions = [];
    this.params = {};
    this.options = {};
    this.totals = [];
    this.data = {};
    this.conflict = undefined;
  }

  select(text, alias) {
    this.totals = [];
    return this.addSelect(text, alias);
  }

  addSelect(text, alias) {
    const found = typeof text === 'string' ? AGGREGATE.exec(text) : null;
    if (found !== null) this.totals.push({ op: found[1].toLowerCase(), column: found[2], alias: alias ?? found[1] });
    return this;
  }

  total() {
    const row = {};
    for (const { op, column, alias } of this.totals) {
      row[alias] =
        op === 'count'
          ? db.count(this.tx, this.entity, this.filter, {})
          : db.aggregate(this.tx, this.entity, this.filter, op, column);
    }
    return row;
  }

  from(entity) {
    this.entity = entity;
    return this;
  }

  into(entity) {
    this.entity = entity;
    return this;
  }

  update(entity, data) {
    this.kind = 'update';
    if (data !== undefined) this.data = data;
    else if (entity !== undefined && typeof entity === 'object' && entity.options === undefined) this.data = entity;
    if (data !== undefined || typeof entity !== 'object') this.entity = entity ?? this.entity;
    return this;
  }

  delete() {
    this.kind = 'delete';
    return this;
  }

  softDelete() {
    this.kind = 'update';
    this.data = { deletedAt: 'now' };
    return this;
  }

  insert() {
    this.kind = 'insert';
    return this;
  }

  values(data) {
    this.data = data;
    return this;
  }

  set(data) {
    this.data = data;
    return this;
  }

  orIgnore() {
    this.conflict = 'nothing';
    return this;
  }

  orUpdate(columns, paths) {
    this.conflict = { columns: columns.overwrite ?? columns, paths: paths ?? columns.conflict_target ?? [] };
    return this;
  }

  onConflict() {
    this.conflict = 'nothing';
    return this;
  }

  clause(condition, params) {
    if (params !== undefined) Object.assign(this.params, params);
    if (condition instanceof Brackets) {
      const inner = new QueryBuilder(this.tx, this.entity);
      inner.params = this.params;
      condition.build(inner);
      return { __op: 'and', args: inner.conditions };
    }
    if (typeof condition === 'object') return condition;
    return { __sql: condition, params: this.params };
  }

  where(condition, params) {
    this.conditions = [this.clause(condition, params)];
    return this;
  }

  andWhere(condition, params) {
    this.conditions.push(this.clause(condition, params));
    return this;
  }

  orWhere(condition, params) {
    const next = this.clause(condition, params);
    this.conditions = [{ OR: [{ AND: this.conditions }, next] }];
    return this;
  }

  whereInIds(ids) {
    return this.andWhere({ id: Array.isArray(ids) ? In(ids) : ids });
  }

  setParameter(name, value) {
    this.params[name] = value;
    return this;
  }

  setParameters(params) {
    Object.assign(this.params, params);
    return this;
  }

  setLock(mode) {
    this.options.lock = LOCKS[mode];
    if (mode === 'pessimistic_partial_write') this.options.skipLocked = true;
    return this;
  }

  setOnLocked(what) {
    this.options.skipLocked = what === 'skip_locked';
    this.options.nowait = what === 'nowait';
    return this;
  }

  leftJoin() {
    return this;
  }

  innerJoin() {
    return this;
  }

  leftJoinAndSelect() {
    return this;
  }

  innerJoinAndSelect() {
    return this;
  }

  orderBy() {
    return this;
  }

  addOrderBy() {
    return this;
  }

  groupBy() {
    return this;
  }

  limit(n) {
    if (n === 1) this.options.one = true;
    return this;
  }

  take(n) {
    return this.limit(n);
  }

  skip() {
    return this;
  }

  offset() {
    return this;
  }

  cache() {
    return this;
  }

  useTransaction() {
    return this;
  }

  returning() {
    return this;
  }

  get filter() {
    return { AND: this.conditions };
  }

  get reading() {
    return { ...this.options, cls: this.entity };
  }

  getOne() {
    return io('getOne', () => db.select(this.tx, this.entity, this.filter, { ...this.reading, one: true }));
  }

  getOneOrFail() {
    return io('getOne', () =>
      present(db.select(this.tx, this.entity, this.filter, { ...this.reading, one: true, must: true }), this.entity),
    );
  }

  getMany() {
    return io('getMany', () => {
      if (!this.options.one) return db.select(this.tx, this.entity, this.filter, this.reading);
      const row = db.select(this.tx, this.entity, this.filter, this.reading);
      return row === null ? [] : [row];
    });
  }

  getManyAndCount() {
    return io('getManyAndCount', () => [
      db.select(this.tx, this.entity, this.filter, this.reading),
      db.count(this.tx, this.entity, this.filter, {}),
    ]);
  }

  getCount() {
    return io('getCount', () => db.count(this.tx, this.entity, this.filter, {}));
  }

  getExists() {
    return io('getExists', () => db.select(this.tx, this.entity, this.filter, { one: true }) !== null);
  }

  getRawOne() {
    return this.totals.length > 0 ? io('getRawOne', () => this.total()) : this.getOne();
  }

  getRawMany() {
    return this.getMany();
  }

  execute() {
    return io(this.kind, () => {
      const { tx, entity, filter, data } = this;
      if (this.kind === 'update') {
        const { count, rows } = db.update(tx, entity, filter, data, { params: this.params });
        return { affected: count, raw: rows, generatedMaps: rows };
      }
      if (this.kind === 'delete') {
        const { count, before } = db.remove(tx, entity, filter, {});
        return { affected: count, raw: before };
      }
      if (this.kind === 'insert') {
        const rows = Array.isArray(data) ? data : [data];
        const made = this.conflict === undefined ? db.insert(tx, entity, rows, {}) : this.merged(rows);
        return { identifiers: made, generatedMaps: made, raw: made };
      }
      return db.select(tx, entity, filter, this.reading);
    });
  }

  merged(rows) {
    const made = [];
    for (const row of rows) {
      if (this.conflict === 'nothing') {
        const one = db.upsert(this.tx, this.entity, {}, row, null, {});
        if (one !== null) made.push(one);
      } else {
        const where = {};
        for (const path of this.conflict.paths) where[path] = row[path];
        const changes = {};
        for (const column of this.conflict.columns) changes[column] = row[column];
        made.push(db.upsert(this.tx, this.entity, where, row, changes, {}));
      }
    }
    return made;
  }
}

export class SelectQueryBuilder extends QueryBuilder {}

export class QueryRunner {
  constructor(dataSource) {
    this.connection = dataSource;
    this.manager = new EntityManager(null, dataSource);
    this.isTransactionActive = false;
    this.isReleased = false;
  }

  async connect() {
    return this;
  }

  async startTransaction(isolation) {
    this.manager.tx = db.begin(isolation);
    this.isTransactionActive = true;
  }

  async commitTransaction() {
    await io('COMMIT', () => db.commit(this.manager.tx));
    this.manager.tx = null;
    this.isTransactionActive = false;
  }

  async rollbackTransaction() {
    await io('ROLLBACK', () => db.rollback(this.manager.tx));
    this.manager.tx = null;
    this.isTransactionActive = false;
  }

  query(text, params) {
    return this.manager.query(text, params);
  }

  async release() {
    this.isReleased = true;
  }
}

export class DataSource {
  constructor(options) {
    this.options = options;
    this.isInitialized = true;
    this.manager = new EntityManager(null, this);
  }

  initialize() {
    return io('initialize', () => {
      effect('connect to the database', fresh('connection'));
      return this;
    });
  }

  async destroy() {}

  getRepository(entity) {
    return new Repository(entity, this.manager);
  }

  createQueryBuilder(entity, alias) {
    return this.manager.createQueryBuilder(entity, alias);
  }

  createQueryRunner() {
    return new QueryRunner(this);
  }

  transaction(isolation, work) {
    return this.manager.transaction(isolation, work);
  }

  query(text, params) {
    return this.manager.query(text, params);
  }
}

export class Connection extends DataSource {}

const shared = new EntityManager(null, undefined);

export class BaseEntity {
  static find(options) {
    return shared.find(this, options);
  }

  static findBy(where) {
    return shared.findBy(this, where);
  }

  static findOne(options) {
    return shared.findOne(this, options);
  }

  static findOneBy(where) {
    return shared.findOneBy(this, where);
  }

  static findOneOrFail(options) {
    return shared.findOneOrFail(this, options);
  }

  static findOneByOrFail(where) {
    return shared.findOneByOrFail(this, where);
  }

  static count(options) {
    return shared.count(this, options);
  }

  static create(data) {
    return Object.assign(new this(), data);
  }

  static update(criteria, data) {
    return shared.update(this, criteria, data);
  }

  static delete(criteria) {
    return shared.delete(this, criteria);
  }

  static createQueryBuilder(alias) {
    return shared.createQueryBuilder(this, alias);
  }

  static getRepository() {
    return shared.getRepository(this);
  }

  save() {
    return shared.save(this);
  }

  remove() {
    return shared.remove(this);
  }

  async reload() {
    await io('reload', () => db.reload(null, this));
  }
}

export const getRepository = (entity) => shared.getRepository(entity);

export const getManager = () => shared;

export const getConnection = () => new DataSource({});
