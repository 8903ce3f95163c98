import { MongoClient, Db } from 'mongodb';

export class Store {
  private db: Db | null = null;
  private opened = 0;

  async connect(): Promise<Db> {
    if (this.db) return this.db;
    const client = await MongoClient.connect(process.env.MONGO_URL!);
    this.opened += 1;
    this.db = client.db('shop');
    return this.db;
  }

  async count(name: string): Promise<number> {
    return this.db!.collection(name).countDocuments({});
  }
}
