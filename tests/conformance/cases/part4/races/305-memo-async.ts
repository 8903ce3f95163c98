// pattern: generic memoiser stores the value after the await, so a client is created twice
import { MongoClient } from 'mongodb';

const memo = new Map<string, MongoClient>();

export async function clientFor(tenant: string, uri: string): Promise<MongoClient> {
  if (memo.has(tenant)) return memo.get(tenant)!;
  const client = new MongoClient(uri);
  await client.connect();
  memo.set(tenant, client); // RACE: init-race
  return client;
}
