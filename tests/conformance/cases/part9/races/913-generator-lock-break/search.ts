import { entries } from './ledger';

export async function firstOver(account: string, cents: number): Promise<string | undefined> {
  for await (const entry of entries(account)) {
    if (entry.cents > cents) return entry.id; // RACE: lock-leak
  }
  return undefined;
}
