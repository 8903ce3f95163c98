// pattern: the queue is dropped only when nothing waits and nothing runs
import PQueue from 'p-queue';
import { rates } from './rates';

const queues = new Map<string, PQueue>();
const balances = new Map<string, number>();

const queueFor = (account: string): PQueue => {
  const queue = queues.get(account) ?? new PQueue({ concurrency: 1 });
  queues.set(account, queue);
  return queue;
};

async function inTurn<T>(account: string, task: () => Promise<T>): Promise<T> {
  const queue = queueFor(account);
  try {
    return (await queue.add(task)) as T;
  } finally {
    if (queue.size === 0 && queue.pending === 0) queues.delete(account);
  }
}

export const deposit = (account: string, amount: number, currency: string): Promise<number> =>
  inTurn(account, async () => {
    const before = balances.get(account) ?? 0;
    const rate = await rates.toEuro(currency);
    balances.set(account, before + amount * rate);
    return before + amount * rate;
  });
