// mongodb: the driver's collections, on the operations of mongoose's models.
import { effect, fresh, io } from 'krepis:model';
import { ClientSession, Model, MongoServerError } from './mongoose';

export { ClientSession, MongoServerError };

export class ObjectId {
  constructor(id) {
    return id ?? fresh('ObjectId');
  }

  static isValid() {
    return true;
  }
}

export class Collection {
  constructor(name) {
    this.collectionName = name;
    this.model = new Model(name, undefined);
  }

  find(filter, options) {
    return new Cursor(this.model.find(filter, undefined, options));
  }

  aggregate(pipeline, options) {
    return new Cursor(this.model.aggregate(pipeline, options));
  }

  findOne(filter, options) {
    return this.model.findOne(filter, undefined, options).exec();
  }

  async insertOne(data, options) {
    const row = await this.model.create(data, options);
    return { acknowledged: true, insertedId: row._id };
  }

  async insertMany(data, options) {
    const rows = await this.model.insertMany(data, options);
    return { acknowledged: true, insertedCount: rows.length };
  }

  updateOne(filter, update, options) {
    return this.model.updateOne(filter, update, options).exec();
  }

  updateMany(filter, update, options) {
    return this.model.updateMany(filter, update, options).exec();
  }

  replaceOne(filter, data, options) {
    return this.model.updateOne(filter, data, options).exec();
  }

  async findOneAndUpdate(filter, update, options) {
    const row = await this.model.findOneAndUpdate(filter, update, options).exec();
    return options?.includeResultMetadata ? { value: row, ok: 1 } : row;
  }

  async findOneAndDelete(filter, options) {
    const row = await this.model.findOneAndDelete(filter, options).exec();
    return options?.includeResultMetadata ? { value: row, ok: 1 } : row;
  }

  deleteOne(filter, options) {
    return this.model.deleteOne(filter, options).exec();
  }

  deleteMany(filter, options) {
    return this.model.deleteMany(filter, options).exec();
  }

  countDocuments(filter, options) {
    return this.model.countDocuments(filter, options).exec();
  }

  bulkWrite(operations, options) {
    return this.model.bulkWrite(operations, options);
  }

  async createIndex() {}
}

export class Cursor {
  constructor(query) {
    this.query = query;
  }

  toArray() {
    return this.query.exec();
  }

  async next() {
    const rows = await this.query.exec();
    return rows[0] ?? null;
  }

  async forEach(visit) {
    for (const row of await this.query.exec()) visit(row);
  }

  async *[Symbol.asyncIterator]() {
    for (const row of await this.query.exec()) yield row;
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

  project() {
    return this;
  }
}

export class Db {
  collection(name) {
    return new Collection(name);
  }
}

export class MongoClient {
  constructor(url, options) {}

  static connect(url, options) {
    return new MongoClient(url, options).connect();
  }

  connect() {
    return io('connect', () => {
      effect('connect to the database', fresh('connection'));
      return this;
    });
  }

  db(name) {
    return new Db();
  }

  startSession() {
    return new ClientSession();
  }

  async withSession(work) {
    return work(new ClientSession());
  }

  async close() {}
}
