// pattern: two p-queues of concurrency one over the same balance: each orders only its own
import PQueue from 'p-queue';

const deposits = new PQueue({ concurrency: 1 });
const withdrawals = new PQueue({ concurrency: 1 });
const ledger: Record<string, number> = {};

export interface Audit {
  record(entry: { account: string; cents: number }): Promise<void>;
}

export const deposit = (audit: Audit, account: string, cents: number) =>
  deposits.add(async () => {
    const balance = ledger[account] ?? 0;
    await audit.record({ account, cents });
    ledger[account] = balance + cents; // RACE: lost-update
  });

export const withdraw = (audit: Audit, account: string, cents: number) =>
  withdrawals.add(async () => {
    const balance = ledger[account] ?? 0;
    if (balance < cents) throw new Error('insufficient funds');
    await audit.record({ account, cents: -cents });
    ledger[account] = balance - cents; // RACE: lost-update
  });
