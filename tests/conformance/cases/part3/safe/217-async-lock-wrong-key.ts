// pattern: async-lock keyed by the wallet that it protects
import AsyncLock from 'async-lock';
import { randomUUID } from 'node:crypto';

const lock = new AsyncLock({ timeout: 5000 });
const wallets = new Map<string, number>();

export async function debit(walletId: string, cents: number, audit: (id: string) => Promise<void>): Promise<number> {
  const requestId = randomUUID();
  return lock.acquire(walletId, async () => {
    const balance = wallets.get(walletId) ?? 0;
    if (balance < cents) throw new Error('insufficient funds');
    await audit(requestId);
    wallets.set(walletId, balance - cents);
    return balance - cents;
  });
}
