// pattern: BullMQ worker and Prisma: the status of a payout is looked at, money sent, the status written: a job that is queued twice pays twice
import { Job, Worker } from 'bullmq';
import { PrismaClient } from '@prisma/client';
import { BankClient } from './bank-client';

interface PayoutJob {
  payoutId: string;
}

export class PayoutProcessor {
  constructor(
    private readonly prisma: PrismaClient,
    private readonly bank: BankClient,
  ) {}

  readonly process = async (job: Job<PayoutJob>): Promise<void> => {
    const payout = await this.prisma.payout.findUniqueOrThrow({ where: { id: job.data.payoutId } });
    if (payout.status !== 'PENDING') {
      await job.log(`payout ${payout.id} is ${payout.status}`);
      return;
    }
    const transfer = await this.bank.transfer(payout.merchantId, payout.cents); // RACE: check-then-act
    await this.prisma.payout.update({
      where: { id: payout.id },
      data: { status: 'SENT', transferId: transfer.id }, // RACE: check-then-act
    });
  };
}

const processor = new PayoutProcessor(new PrismaClient(), new BankClient(process.env.BANK_URL!));

export const worker = new Worker<PayoutJob>('payouts', processor.process, {
  connection: { host: 'redis' },
  concurrency: 4,
});
