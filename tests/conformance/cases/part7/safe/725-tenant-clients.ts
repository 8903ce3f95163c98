// pattern: the promise is stored in the tick of the look-up and dropped when it fails
import { MongoClient, type Db } from 'mongodb';

const clients: Record<string, Promise<MongoClient>> = {};

const uriOf = (tenant: string): string => `${process.env.MONGO_BASE}/${encodeURIComponent(tenant)}`;

export async function tenantDb(tenant: string): Promise<Db> {
  clients[tenant] ??= MongoClient.connect(uriOf(tenant), { maxPoolSize: 5 }).catch((error) => {
    delete clients[tenant];
    throw error;
  });
  const client = await clients[tenant];
  return client.db();
}
