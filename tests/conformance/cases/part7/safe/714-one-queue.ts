// pattern: one queue for both
import PQueue from 'p-queue';

const movements = new PQueue({ concurrency: 1 });
const ledger: Record<string, number> = {};

export interface Audit {
  record(entry: { account: string; cents: number }): Promise<void>;
}

export const deposit = (audit: Audit, account: string, cents: number) =>
  movements.add(async () => {
    const balance = ledger[account] ?? 0;
    await audit.record({ account, cents });
    ledger[account] = balance + cents;
  });

export const withdraw = (audit: Audit, account: string, cents: number) =>
  movements.add(async () => {
    const balance = ledger[account] ?? 0;
    if (balance < cents) throw new Error('insufficient funds');
    await audit.record({ account, cents: -cents });
    ledger[account] = balance - cents;
  });
