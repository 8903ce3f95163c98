import { createClient } from 'redis';
import { randomUUID } from 'node:crypto';

const client = createClient();
const RELEASE = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end`;

export async function nightlyReport(build: () => Promise<void>): Promise<boolean> {
  const token = randomUUID();
  const taken = await client.set('report:running', token, { NX: true, EX: 600 });
  if (taken !== 'OK') return false;
  try {
    await build();
    return true;
  } finally {
    await client.eval(RELEASE, { keys: ['report:running'], arguments: [token] });
  }
}
