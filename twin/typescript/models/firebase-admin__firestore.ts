// Firestore of firebase-admin: documents by path, and transactions whose writers conflict.
import { fresh } from 'krepis:model';
import { ClientSession, Model } from './mongoose';

// What is done to a field on the server.
class Transform {
  constructor(operator, operand) {
    this.operator = operator;
    this.operand = operand;
  }
}

export const FieldValue = {
  increment: (by) => new Transform('$inc', by),
  arrayUnion: (...items) => new Transform('$addToSet', { $each: items }),
  arrayRemove: (...items) => new Transform('$pull', { $in: items }),
  delete: () => new Transform('$unset', ''),
  serverTimestamp: () => fresh('timestamp'),
};

const changes = (data) => {
  const out = { $set: {}, $inc: {}, $addToSet: {}, $pull: {}, $unset: {} };
  for (const key of Object.keys(data)) {
    const value = data[key];
    const { operator, operand } = value instanceof Transform ? value : { operator: '$set', operand: value };
    out[operator][key] = operand;
  }
  return out;
};

class DocumentSnapshot {
  constructor(ref, row) {
    this.ref = ref;
    this.id = ref.id;
    this.row = row;
  }

  get exists() {
    return this.row !== null;
  }

  data() {
    return this.row ?? undefined;
  }

  get(field) {
    return this.row?.[field];
  }
}

class DocumentReference {
  constructor(model, id) {
    this.model = model;
    this.id = id;
  }

  async get(options) {
    return new DocumentSnapshot(this, await this.model.findOne({ _id: this.id }, undefined, options).exec());
  }

  set(data, options, session) {
    return this.model.updateOne({ _id: this.id }, changes(data), { upsert: true, ...session }).exec();
  }

  create(data, session) {
    return this.model.create([{ _id: this.id, ...data }], session);
  }

  update(data, session) {
    return this.model.updateOne({ _id: this.id }, changes(data), session).exec();
  }

  delete(session) {
    return this.model.deleteOne({ _id: this.id }, session).exec();
  }
}

const CONDITIONS = { '!=': '$ne', '<': '$lt', '<=': '$lte', '>': '$gt', '>=': '$gte', in: '$in', 'not-in': '$nin' };

class Query {
  constructor(model, conditions) {
    this.model = model;
    this.conditions = conditions;
  }

  where(field, op, value) {
    const condition = op === '==' ? value : { [CONDITIONS[op] ?? '$eq']: value };
    return new Query(this.model, [...this.conditions, { [field]: condition }]);
  }

  orderBy() {
    return this;
  }

  limit(n) {
    const query = new Query(this.model, this.conditions);
    query.first = n === 1;
    return query;
  }

  get filter() {
    return this.conditions.length === 0 ? {} : { $and: this.conditions };
  }

  async get(options) {
    const found = this.first
      ? [await this.model.findOne(this.filter, undefined, options).exec()].filter((row) => row !== null)
      : await this.model.find(this.filter, undefined, options).exec();
    const docs = found.map((row) => new DocumentSnapshot(new DocumentReference(this.model, row._id), row));
    return { docs, empty: docs.length === 0, size: docs.length, forEach: (use) => docs.forEach(use) };
  }

  count() {
    return {
      get: async () => {
        const count = await this.model.countDocuments(this.filter).exec();
        return { data: () => ({ count }) };
      },
    };
  }
}

class CollectionReference extends Query {
  constructor(name) {
    super(new Model(name, undefined), []);
  }

  doc(id) {
    return new DocumentReference(this.model, id ?? fresh('document'));
  }

  async add(data) {
    const ref = this.doc();
    await ref.create(data);
    return ref;
  }
}

class WriteBatch {
  constructor() {
    this.writes = [];
  }

  write(work) {
    this.writes.push(work);
    return this;
  }

  set(ref, data, options) {
    return this.write((session) => ref.set(data, options, session));
  }

  create(ref, data) {
    return this.write((session) => ref.create(data, session));
  }

  update(ref, data) {
    return this.write((session) => ref.update(data, session));
  }

  delete(ref) {
    return this.write((session) => ref.delete(session));
  }

  commit() {
    const session = new ClientSession();
    return session.withTransaction(async () => {
      for (const write of this.writes) await write({ session });
    });
  }
}

class Transaction extends WriteBatch {
  constructor(session) {
    super();
    this.session = session;
  }

  get(ref) {
    return ref.get({ session: this.session });
  }
}

export class Firestore {
  collection(name) {
    return new CollectionReference(name);
  }

  doc(path) {
    const [name, id] = path.split('/');
    return this.collection(name).doc(id);
  }

  batch() {
    return new WriteBatch();
  }

  runTransaction(work) {
    const session = new ClientSession();
    return session.withTransaction(async () => {
      const transaction = new Transaction(session);
      const result = await work(transaction);
      for (const write of transaction.writes) await write({ session });
      return result;
    });
  }
}

export const getFirestore = () => new Firestore();

export const Timestamp = { now: () => fresh('timestamp'), fromDate: (date) => date };
