// pattern: async-lock: two keys taken one inside the other in the order of the arguments
import AsyncLock from 'async-lock';
import { ledger } from './ledger';

const lock = new AsyncLock();

export function transfer(from: string, to: string, cents: number): Promise<void> {
  if (from === to) throw new RangeError('same account');
  return lock.acquire(from, () =>
    lock.acquire(to, async () => { // RACE: deadlock
      const balance = await ledger.balance(from);
      if (balance < cents) throw new Error('insufficient funds');
      await ledger.post(from, -cents);
      await ledger.post(to, cents);
    }),
  );
}
