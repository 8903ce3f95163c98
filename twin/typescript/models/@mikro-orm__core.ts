// MikroORM: an entity manager keeps what it has loaded; flush writes what changed of that, at one instant.
import { database, effect, fresh, io } from 'krepis:model';

export class DriverException extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

export class UniqueConstraintViolationException extends DriverException {}

export class DeadlockException extends DriverException {}

export class LockWaitTimeoutException extends DriverException {}

export class NotFoundError extends Error {}

export class OptimisticLockError extends Error {}

const KINDS = { unique: UniqueConstraintViolationException, deadlock: DeadlockException };
const CODES = { unique: '23505', serialization: '40001', deadlock: '40P01', 'lock-not-available': '55P03' };

const db = database('mikro-orm', 'postgres', (kind, table) => {
  if (kind === 'stale') return new OptimisticLockError(table);
  return new (KINDS[kind] ?? DriverException)(`${kind} ${table}`, CODES[kind] ?? 'XX000');
});

export const LockMode = {
  NONE: 'none',
  OPTIMISTIC: 'optimistic',
  PESSIMISTIC_READ: 'share',
  PESSIMISTIC_WRITE: 'update',
  PESSIMISTIC_PARTIAL_WRITE: 'update skipping',
  PESSIMISTIC_WRITE_OR_FAIL: 'update or fail',
  PESSIMISTIC_PARTIAL_READ: 'share skipping',
  PESSIMISTIC_READ_OR_FAIL: 'share or fail',
};

export const IsolationLevel = {
  READ_UNCOMMITTED: 'read uncommitted',
  READ_COMMITTED: 'read committed',
  REPEATABLE_READ: 'repeatable read',
  SNAPSHOT: 'snapshot',
  SERIALIZABLE: 'serializable',
};

export const raw = (text, params) => ({ __sql: text, params: params ?? [] });

export const sql = (strings, ...values) => db.template(strings, values);

const reading = (entity, options, more) => {
  const mode = options?.lockMode ?? LockMode.NONE;
  const locks = mode !== LockMode.NONE && mode !== LockMode.OPTIMISTIC;
  return {
    cls: entity,
    lock: locks ? mode.split(' ')[0] : undefined,
    skipLocked: mode.endsWith('skipping'),
    nowait: mode.endsWith('fail'),
    ...more,
  };
};

const kindOf = (object) => object.constructor;

const checked = (row, version) => {
  if (row !== null && version !== undefined && row.version !== version) throw new OptimisticLockError('version');
  return row;
};

class Manager {
  constructor() {
    this.tx = null;
    this.kept = [];
    this.removed = [];
  }

  within(tx) {
    const inner = new Manager();
    inner.tx = tx;
    return inner;
  }

  fork() {
    return new Manager();
  }

  clear() {
    this.kept = [];
  }

  keep(rows) {
    if (rows !== null) this.kept.push(rows);
    return rows;
  }

  find(entity, where, options) {
    return io('find', () => this.keep(db.select(this.tx, entity, where, reading(entity, options, {}))));
  }

  findAll(entity, options) {
    return this.find(entity, options?.where ?? {}, options);
  }

  findAndCount(entity, where, options) {
    return io('findAndCount', () => [
      this.keep(db.select(this.tx, entity, where, reading(entity, options, {}))),
      db.count(this.tx, entity, where, {}),
    ]);
  }

  findOne(entity, where, options) {
    return io('findOne', () =>
      checked(
        this.keep(db.select(this.tx, entity, { __id: where }, reading(entity, options, { one: true }))),
        options?.lockVersion,
      ),
    );
  }

  findOneOrFail(entity, where, options) {
    return io('findOne', () => {
      const row = db.select(this.tx, entity, { __id: where }, reading(entity, options, { one: true, must: true }));
      if (row === null) throw options?.failHandler ? options.failHandler() : new NotFoundError('not found');
      return checked(this.keep(row), options?.lockVersion);
    });
  }

  count(entity, where) {
    return io('count', () => db.count(this.tx, entity, where, {}));
  }

  lock(object, mode, version) {
    return io('lock', () => {
      if (mode === LockMode.OPTIMISTIC) return checked(object, version);
      db.select(this.tx, kindOf(object), db.rowKey(object), reading(kindOf(object), { lockMode: mode }, { one: true }));
      return undefined;
    });
  }

  refresh(object) {
    return io('refresh', () => db.reload(this.tx, object));
  }

  create(entity, data) {
    const made = Object.assign(Object.create(entity.prototype), data);
    this.kept.push(made);
    return made;
  }

  assign(object, data) {
    return Object.assign(object, data);
  }

  merge(object) {
    return this.keep(object);
  }

  getReference(entity, id) {
    return { id };
  }

  persist(objects) {
    this.kept.push(objects);
    return this;
  }

  remove(object) {
    this.removed.push(object);
    return this;
  }

  persistAndFlush(objects) {
    return this.persist(objects).flush();
  }

  removeAndFlush(object) {
    return this.remove(object).flush();
  }

  flush() {
    return io('flush', () => {
      const writes = [];
      for (const kept of this.kept) {
        for (const one of Array.isArray(kept) ? kept : [kept]) {
          writes.push((tx) => db.save(tx, kindOf(one), one, { check: true }));
        }
      }
      for (const one of this.removed) {
        writes.push((tx) => db.remove(tx, kindOf(one), db.rowKey(one) ?? { id: one.id }, {}));
      }
      if (this.tx === null) db.batch(undefined, writes);
      else for (const write of writes) write(this.tx);
      this.removed = [];
    });
  }

  nativeInsert(entity, data) {
    return io('insert', () => db.insert(this.tx, entity, data, {}).id);
  }

  insert(entity, data) {
    return this.nativeInsert(entity, data);
  }

  nativeUpdate(entity, where, data) {
    return io('update', () => db.update(this.tx, entity, where, data, {}).count);
  }

  nativeDelete(entity, where) {
    return io('delete', () => db.remove(this.tx, entity, where, {}).count);
  }

  upsert(entity, data) {
    return io('upsert', () => this.keep(db.upsert(this.tx, entity, {}, data, data, {})));
  }

  async transactional(work, options) {
    if (this.tx !== null) return work(this);
    const inner = this.within(db.begin(options?.isolationLevel));
    let result;
    try {
      result = await work(inner);
      await inner.flush();
    } catch (error) {
      db.rollback(inner.tx);
      throw error;
    }
    await io('COMMIT', () => db.commit(inner.tx));
    return result;
  }

  async begin(options) {
    this.tx = db.begin(options?.isolationLevel);
  }

  async commit() {
    await this.flush();
    const tx = this.tx;
    this.tx = null;
    await io('COMMIT', () => db.commit(tx));
  }

  async rollback() {
    const tx = this.tx;
    this.tx = null;
    await io('ROLLBACK', () => db.rollback(tx));
  }

  isInTransaction() {
    return this.tx !== null;
  }

  getRepository(entity) {
    return new EntityRepository(this, entity);
  }

  execute(text, params) {
    return io('execute', () => db.sql(this.tx, text, params ?? []).rows);
  }

  getConnection() {
    return this;
  }
}

const injected = new Manager();

// What a container injects is one for all, and injected repositories work on it.
export class EntityManager extends Manager {
  constructor() {
    super();
    return injected;
  }
}

export class EntityRepository {
  constructor(em, entity) {
    const alone = entity === undefined; // a container gives the entity only
    this.manager = alone ? null : em;
    this.entity = alone ? em : entity;
    for (const method of ['find', 'findOne', 'findOneOrFail', 'findAndCount', 'findAll', 'count', 'create', 'upsert']) {
      this[method] = (...args) => this.em[method](this.entity, ...args);
    }
    for (const method of ['nativeInsert', 'insert', 'nativeUpdate', 'nativeDelete', 'getReference']) {
      this[method] = (...args) => this.em[method](this.entity, ...args);
    }
    this.assign = (object, data) => this.em.assign(object, data);
  }

  get em() {
    return this.manager ?? injected;
  }

  getEntityManager() {
    return this.em;
  }
}

export const wrap = (object) => ({ assign: (data) => Object.assign(object, data), toObject: () => object });

export class MikroORM {
  constructor(options) {
    this.em = new Manager();
  }

  static init(options) {
    return io('initialize', () => {
      effect('connect to the database', fresh('connection'));
      return new MikroORM(options);
    });
  }

  async close() {}
}

export const RequestContext = {
  create: (em, next) => next(),
  getEntityManager: () => new Manager(),
};
