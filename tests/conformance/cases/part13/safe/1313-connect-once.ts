import { MongoClient, Db } from 'mongodb';

export class Store {
  private db: Promise<Db> | null = null;
  private opened = 0;

  connect(): Promise<Db> {
    this.db ??= this.open();
    return this.db;
  }

  async count(name: string): Promise<number> {
    const db = await this.db!;
    return db.collection(name).countDocuments({});
  }

  private async open(): Promise<Db> {
    const client = await MongoClient.connect(process.env.MONGO_URL!);
    this.opened += 1;
    return client.db('shop');
  }
}
