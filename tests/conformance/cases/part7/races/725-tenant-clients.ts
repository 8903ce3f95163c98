// pattern: module-level record of clients filled after an awaited connect
import { MongoClient, type Db } from 'mongodb';

const clients: Record<string, MongoClient> = {};

const uriOf = (tenant: string): string => `${process.env.MONGO_BASE}/${encodeURIComponent(tenant)}`;

export async function tenantDb(tenant: string): Promise<Db> {
  let client = clients[tenant];
  if (client === undefined) {
    client = await MongoClient.connect(uriOf(tenant), { maxPoolSize: 5 });
    clients[tenant] = client; // RACE: init-race
  }
  return client.db();
}

export const closeAll = async (): Promise<void> => {
  await Promise.all(Object.values(clients).map((client) => client.close()));
};
