import { vaultAt } from './vault';

let pending: Promise<{ password: string }> | undefined;

async function fetchSecrets(): Promise<{ password: string }> {
  return vaultAt(process.env.VAULT_URL ?? 'http://localhost:8200').read('database');
}

export function secrets(): Promise<{ password: string }> {
  pending ??= fetchSecrets();
  return pending;
}
