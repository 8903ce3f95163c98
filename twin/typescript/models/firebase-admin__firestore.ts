// Firestore of firebase-admin: documents by path, and transactions whose writers conflict.
import { fresh } from 'krepis:model';
import { ClientSession, Model } from './mongoose';

export const FieldValue = {
  increment: (by) => ({ __increment: by }),
  serverTimestamp: () => fresh('timestamp'),
};

const changes = (data) => {
  const set = {};
  const inc = {};
  for (const key of Object.keys(data)) {
    if (data[key]?.__increment === undefined) set[key] = data[key];
    else inc[key] = data[key].__increment;
  }
  return { $set: set, $inc: inc };
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

class CollectionReference {
  constructor(name) {
    this.model = new Model(name, undefined);
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

class Transaction {
  constructor(session) {
    this.session = session;
    this.writes = [];
  }

  get(ref) {
    return ref.get({ session: this.session });
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
}

export class Firestore {
  collection(name) {
    return new CollectionReference(name);
  }

  doc(path) {
    const [name, id] = path.split('/');
    return this.collection(name).doc(id);
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
