import { config } from './config';
import { vaultAt } from './vault';

let pending: Promise<{ password: string }> | undefined;

async function fetchSecrets(): Promise<{ password: string }> {
  const { vault } = await config(); // RACE: deadlock
  return vaultAt(vault).read('database');
}

export function secrets(): Promise<{ password: string }> {
  pending ??= fetchSecrets();
  return pending;
}
