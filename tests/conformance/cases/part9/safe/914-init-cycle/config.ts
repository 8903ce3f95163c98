// pattern: the secrets are read with the address of the environment, not with the configuration that waits for them
import { secrets } from './secrets';
import { readJson } from './disk';

export interface Config {
  vault: string;
  dsn: string;
}

let loading: Promise<Config> | undefined;

async function load(): Promise<Config> {
  const raw = await readJson('config.json');
  const { password } = await secrets();
  return { vault: raw.vault, dsn: raw.dsn.replace('$PASSWORD', password) };
}

export const config = (): Promise<Config> => (loading ??= load());
