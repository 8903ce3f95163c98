// pattern: both keys taken in sorted order
import AsyncLock from 'async-lock';
import { ledger } from './ledger';

const lock = new AsyncLock();

export function transfer(from: string, to: string, cents: number): Promise<void> {
  if (from === to) throw new RangeError('same account');
  const [first, second] = from < to ? [from, to] : [to, from];
  return lock.acquire(first, () =>
    lock.acquire(second, async () => {
      const balance = await ledger.balance(from);
      if (balance < cents) throw new Error('insufficient funds');
      await ledger.post(from, -cents);
      await ledger.post(to, cents);
    }),
  );
}
