// pattern: a loop over events.on starts a handler for each message without waiting: two of them read the same total
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
  byCountry.set('all', before + 1); // RACE: lost-update
}

async function follow(hits: EventEmitter): Promise<void> {
  for await (const [hit] of on(hits, 'hit')) {
    void count(hit as Hit).catch((error) => console.error(error));
  }
}

void follow(bus);
