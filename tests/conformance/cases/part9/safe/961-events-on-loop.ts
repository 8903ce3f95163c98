// pattern: the loop waits for each handler before it takes the next message
import { on, type EventEmitter } from 'node:events';
import { geo } from './geo';
import { bus } from './bus';

interface Hit {
  ip: string;
}

const byCountry = new Map<string, number>();

async function count({ ip }: Hit): Promise<void> {
  const before = byCountry.get('all') ?? 0;
  const country = await geo.lookup(ip);
  byCountry.set(country, (byCountry.get(country) ?? 0) + 1);
  byCountry.set('all', before + 1);
}

async function follow(hits: EventEmitter): Promise<void> {
  for await (const [hit] of on(hits, 'hit')) {
    await count(hit as Hit).catch((error) => console.error(error));
  }
}

void follow(bus);
