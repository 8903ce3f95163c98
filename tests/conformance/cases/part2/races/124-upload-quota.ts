// pattern: HGET, compare, HSET of the sum
import { createClient } from 'redis';
import { Readable } from 'node:stream';
import { putObject } from './objects';

const redis = createClient({ url: process.env.REDIS_URL });
void redis.connect().catch((err) => console.error('redis', err));

export class QuotaExceeded extends Error {}

export async function upload(workspace: string, name: string, size: number, body: Readable): Promise<string> {
  const key = `workspace:${workspace}`;
  const used = Number((await redis.hGet(key, 'bytesUsed')) ?? 0);
  const limit = Number((await redis.hGet(key, 'bytesLimit')) ?? 0);
  if (used + size > limit) {
    throw new QuotaExceeded(`${used + size} of ${limit} bytes`);
  }
  const location = await putObject(`${workspace}/${name}`, body);
  await redis.hSet(key, 'bytesUsed', used + size); // RACE: lost-update
  return location;
}
