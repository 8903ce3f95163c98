// pattern: the promise is stored in the tick of the look-up
import { MongoClient } from 'mongodb';

const memo = new Map<string, Promise<MongoClient>>();

export function clientFor(tenant: string, uri: string): Promise<MongoClient> {
  let client = memo.get(tenant);
  if (!client) {
    client = new MongoClient(uri).connect();
    memo.set(tenant, client);
    client.catch(() => memo.delete(tenant));
  }
  return client;
}
