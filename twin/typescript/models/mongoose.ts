// mongoose: models with lazy queries, documents that save what was changed, sessions with transactions.
import { database, effect, fresh, io } from 'krepis:model';

class MongooseError extends Error {}

class VersionError extends MongooseError {
  constructor(message) {
    super(message);
    this.name = 'VersionError';
  }
}

class DocumentNotFoundError extends MongooseError {}

export class MongoServerError extends Error {
  constructor(message, code) {
    super(message);
    this.name = 'MongoServerError';
    this.code = code;
  }

  hasErrorLabel(label) {
    return this.code === 112;
  }
}

const db = database('mongo', 'mongodb', (kind, table, columns) => {
  if (kind === 'stale') return new VersionError(`No matching document found for ${table}`);
  const error = new MongoServerError(`${kind} ${table}`, kind === 'unique' ? 11000 : 112);
  error.keyPattern = columns;
  return error;
});

const txOf = (options) => options?.session?.tx ?? null;

// A query begins when it is awaited; the chain only describes it.
export class Query {
  constructor(name, run, options) {
    this.options = { session: options?.session };
    this.pending = db.lazy(name, () => {
      const result = run(this.options);
      if (this.required && result === null) throw this.required;
      return result;
    });
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

  exec() {
    return this.pending.then((result) => result);
  }

  session(session) {
    this.options.session = session;
    return this;
  }

  orFail(error) {
    this.required = typeof error === 'function' ? error() : (error ?? new DocumentNotFoundError('not found'));
    return this;
  }

  limit() {
    return this;
  }

  skip() {
    return this;
  }

  sort() {
    return this;
  }

  select() {
    return this;
  }

  lean() {
    return this;
  }

  populate() {
    return this;
  }

  read() {
    return this;
  }

  setOptions() {
    return this;
  }

  collation() {
    return this;
  }

  hint() {
    return this;
  }
}

// What a pipeline gives: groups as rows of their own, else the documents of its first `$match`.
const aggregated = (tx, name, pipeline) => {
  const filter = pipeline[0]?.$match ?? {};
  for (const { $group, $count } of pipeline) {
    if ($count !== undefined) return [{ [$count]: db.count(tx, name, filter, {}) }];
    if ($group === undefined) continue;
    const group = {};
    for (const [field, value] of Object.entries($group)) {
      const column = value?.$sum ?? value?.$max ?? value?.$min ?? value?.$avg;
      if (field === '_id') group._id = typeof value === 'string' ? filter[value.slice(1)] : value;
      else if (typeof column !== 'string') group[field] = db.count(tx, name, filter, {});
      else group[field] = db.aggregate(tx, name, filter, Object.keys(value)[0].slice(1), column.slice(1));
    }
    return [group];
  }
  return db.select(tx, name, filter, {});
};

const counted = ({ count }) => ({ acknowledged: true, matchedCount: count, modifiedCount: count, upsertedCount: 0 });

const byId = (id) => ({ _id: id });

// The operations of one collection. A model that is only known by its type (`Model<Cart>`) is compiled here.
export class Model {
  constructor(name, type) {
    if (type === undefined) return compiled(name.replace(/Document$/, ''), undefined);
    this.modelName = name;
    this.type = type;
    this.collection = { name };
  }

  find(filter, projection, options) {
    return new Query('find', (o) => db.select(txOf(o), this.modelName, filter, { cls: this.type }), options);
  }

  findOne(filter, projection, options) {
    return new Query(
      'findOne',
      (o) => db.select(txOf(o), this.modelName, filter, { one: true, cls: this.type }),
      options,
    );
  }

  findById(id, projection, options) {
    return this.findOne(byId(id), projection, options);
  }

  exists(filter) {
    return new Query('exists', (o) => db.select(txOf(o), this.modelName, filter, { one: true }), undefined);
  }

  countDocuments(filter, options) {
    return new Query('countDocuments', (o) => db.count(txOf(o), this.modelName, filter, {}), options);
  }

  aggregate(pipeline, options) {
    return new Query('aggregate', (o) => aggregated(txOf(o), this.modelName, pipeline ?? []), options);
  }

  estimatedDocumentCount() {
    return this.countDocuments({});
  }

  distinct(field, filter) {
    return new Query('distinct', (o) => db.select(txOf(o), this.modelName, filter, {}), undefined);
  }

  create(data, options) {
    return io('create', () => db.insert(txOf(options), this.modelName, data, { cls: this.type }));
  }

  insertMany(data, options) {
    return io('insertMany', () => db.insert(txOf(options), this.modelName, data, { cls: this.type }));
  }

  updateOne(filter, update, options) {
    return new Query(
      'updateOne',
      (o) => {
        if (options?.upsert) {
          const { created } = db.upsert(txOf(o), this.modelName, filter, update, update, { verdict: true });
          const changed = created ? 0 : 1;
          return { acknowledged: true, matchedCount: changed, modifiedCount: changed, upsertedCount: 1 - changed };
        }
        return counted(db.update(txOf(o), this.modelName, filter, update, { one: true }));
      },
      options,
    );
  }

  updateMany(filter, update, options) {
    return new Query('updateMany', (o) => counted(db.update(txOf(o), this.modelName, filter, update, {})), options);
  }

  replaceOne(filter, data, options) {
    return this.updateOne(filter, data, options);
  }

  findOneAndUpdate(filter, update, options) {
    return new Query(
      'findOneAndUpdate',
      (o) => {
        const after = options?.new === true || options?.returnDocument === 'after';
        if (options?.upsert) {
          const { row, created } = db.upsert(txOf(o), this.modelName, filter, update, update, {
            verdict: true,
            cls: this.type,
          });
          return created && !after ? null : row;
        }
        const { rows, before } = db.update(txOf(o), this.modelName, filter, update, { one: true, cls: this.type });
        return (after ? rows : before)[0] ?? null;
      },
      options,
    );
  }

  findByIdAndUpdate(id, update, options) {
    return this.findOneAndUpdate(byId(id), update, options);
  }

  findOneAndReplace(filter, data, options) {
    return this.findOneAndUpdate(filter, data, options);
  }

  findOneAndDelete(filter, options) {
    return new Query(
      'findOneAndDelete',
      (o) => db.remove(txOf(o), this.modelName, filter, { one: true, cls: this.type }).before[0] ?? null,
      options,
    );
  }

  findByIdAndDelete(id, options) {
    return this.findOneAndDelete(byId(id), options);
  }

  deleteOne(filter, options) {
    return new Query(
      'deleteOne',
      (o) => ({ acknowledged: true, deletedCount: db.remove(txOf(o), this.modelName, filter, { one: true }).count }),
      options,
    );
  }

  deleteMany(filter, options) {
    return new Query(
      'deleteMany',
      (o) => ({ acknowledged: true, deletedCount: db.remove(txOf(o), this.modelName, filter, {}).count }),
      options,
    );
  }

  bulkWrite(operations, options) {
    return io('bulkWrite', () => {
      for (const operation of operations) {
        const { updateOne, insertOne, deleteOne } = operation;
        if (updateOne) db.update(txOf(options), this.modelName, updateOne.filter, updateOne.update, { one: true });
        if (insertOne) db.insert(txOf(options), this.modelName, insertOne.document, {});
        if (deleteOne) db.remove(txOf(options), this.modelName, deleteOne.filter, { one: true });
      }
      return { acknowledged: true };
    });
  }

  startSession() {
    return startSession();
  }
}

const STATICS = [
  'find',
  'findOne',
  'findById',
  'exists',
  'countDocuments',
  'aggregate',
  'estimatedDocumentCount',
  'distinct',
  'create',
  'insertMany',
  'updateOne',
  'updateMany',
  'replaceOne',
  'findOneAndUpdate',
  'findByIdAndUpdate',
  'findOneAndReplace',
  'findOneAndDelete',
  'findByIdAndDelete',
  'deleteOne',
  'deleteMany',
  'bulkWrite',
  'startSession',
];

export class Document {
  save(options) {
    return io('save', () => db.save(options?.session?.tx ?? null, this.constructor.modelName, this, { check: true }));
  }

  updateOne(update, options) {
    return io('updateOne', () =>
      counted(db.update(txOf(options), this.constructor.modelName, byId(this._id), update, { one: true })),
    );
  }

  deleteOne(options) {
    return io('deleteOne', () => db.remove(txOf(options), this.constructor.modelName, byId(this._id), { one: true }));
  }

  set(key, value) {
    if (typeof key === 'string') this[key] = value;
    else Object.assign(this, key);
    return this;
  }

  get(key) {
    return this[key];
  }

  toObject() {
    return this;
  }

  toJSON() {
    return this;
  }

  markModified() {}

  populate() {
    return io('populate', () => this);
  }
}

const compiled = (name, schema) => {
  class Compiled extends Document {
    constructor(data) {
      super();
      Object.assign(this, data);
    }
  }
  const operations = new Model(name, Compiled);
  Compiled.modelName = name;
  for (const key of STATICS) Compiled[key] = (...args) => operations[key](...args);
  if (schema?.methods !== undefined) Object.assign(Compiled.prototype, schema.methods);
  if (schema?.statics !== undefined) Object.assign(Compiled, schema.statics);
  return Compiled;
};

export const model = (name, schema) => {
  const unique = [...(schema?.uniques ?? [])];
  for (const [key, field] of Object.entries(schema?.definition ?? {})) if (field?.unique === true) unique.push([key]);
  const version = schema?.options?.optimisticConcurrency === true ? '__v' : undefined;
  db.declare(name, { unique, primaryKey: ['_id'], version });
  return compiled(name, schema);
};

export class Schema {
  constructor(definition, options) {
    this.definition = definition;
    this.options = options;
    this.methods = options?.methods ?? {};
    this.statics = options?.statics ?? {};
    this.uniques = [];
  }

  index(fields, options) {
    if (options?.unique === true) this.uniques.push(Object.keys(fields));
    return this;
  }

  pre() {
    return this;
  }

  post() {
    return this;
  }

  plugin() {
    return this;
  }

  set() {
    return this;
  }

  virtual() {
    return { get: () => this, set: () => this };
  }

  method(name, fn) {
    this.methods[name] = fn;
    return this;
  }

  static(name, fn) {
    this.statics[name] = fn;
    return this;
  }
}

Schema.Types = { ObjectId: 'ObjectId', Mixed: 'Mixed', Decimal128: 'Decimal128' };

export class ClientSession {
  constructor() {
    this.tx = null;
  }

  startTransaction() {
    this.tx = db.begin('repeatable read');
  }

  async commitTransaction() {
    await io('commitTransaction', () => db.commit(this.tx));
    this.tx = null;
  }

  async abortTransaction() {
    await io('abortTransaction', () => db.rollback(this.tx));
    this.tx = null;
  }

  async withTransaction(work) {
    this.startTransaction();
    let result;
    try {
      result = await work(this);
    } catch (error) {
      db.rollback(this.tx);
      this.tx = null;
      throw error;
    }
    await this.commitTransaction();
    return result;
  }

  inTransaction() {
    return this.tx !== null;
  }

  async endSession() {
    if (this.tx !== null) db.rollback(this.tx);
    this.tx = null;
  }
}

export const startSession = () => io('startSession', () => new ClientSession());

export const connect = () => io('connect', () => effect('connect to the database', fresh('connection')));

export const disconnect = async () => {};

export const isValidObjectId = () => true;

export const Types = {
  ObjectId: class ObjectId {
    constructor(id) {
      return id ?? fresh('ObjectId');
    }
  },
};

export const connection = {
  startSession,
  on() {
    return connection;
  },
  once() {
    return connection;
  },
  transaction: async (work) => (await startSession()).withTransaction(work),
};

const Errors = { VersionError, DocumentNotFoundError, MongoServerError };

export { Errors as Error };

export default {
  model,
  models: {},
  Model,
  Document,
  Schema,
  Types,
  Error: Errors,
  connect,
  disconnect,
  connection,
  startSession,
  isValidObjectId,
};
