// pattern: compare and add in one Lua script, before the upload
import { createClient } from 'redis';
import { Readable } from 'node:stream';
import { putObject } from './objects';

const redis = createClient({ url: process.env.REDIS_URL });
void redis.connect().catch((err) => console.error('redis', err));

export class QuotaExceeded extends Error {}

const RESERVE = `
local used = tonumber(redis.call('HGET', KEYS[1], 'bytesUsed') or '0')
local limit = tonumber(redis.call('HGET', KEYS[1], 'bytesLimit') or '0')
if used + tonumber(ARGV[1]) > limit then return 0 end
redis.call('HINCRBY', KEYS[1], 'bytesUsed', ARGV[1])
return 1`;

export async function upload(workspace: string, name: string, size: number, body: Readable): Promise<string> {
  const reserved = await redis.eval(RESERVE, { keys: [`workspace:${workspace}`], arguments: [String(size)] });
  if (reserved !== 1) {
    throw new QuotaExceeded(`${size} bytes do not fit`);
  }
  return putObject(`${workspace}/${name}`, body);
}
