// pattern: two memoised initialisers wait for each other's promise: neither ever settles
import { secrets } from './secrets';
import { readJson } from './disk';

export interface Config {
  vault: string;
  dsn: string;
}

let loading: Promise<Config> | undefined;

async function load(): Promise<Config> {
  const raw = await readJson('config.json');
  const { password } = await secrets(); // RACE: deadlock
  return { vault: raw.vault, dsn: raw.dsn.replace('$PASSWORD', password) };
}

export const config = (): Promise<Config> => (loading ??= load());
