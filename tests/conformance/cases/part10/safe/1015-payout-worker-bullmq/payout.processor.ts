// pattern: a conditional updateMany takes the payout from PENDING to SENDING first
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
    const { payoutId } = job.data;
    const claimed = await this.prisma.payout.updateMany({
      where: { id: payoutId, status: 'PENDING' },
      data: { status: 'SENDING' },
    });
    if (claimed.count === 0) {
      await job.log(`payout ${payoutId} is taken`);
      return;
    }
    const payout = await this.prisma.payout.findUniqueOrThrow({ where: { id: payoutId } });
    const transfer = await this.bank.transfer(payout.merchantId, payout.cents);
    await this.prisma.payout.update({
      where: { id: payout.id },
      data: { status: 'SENT', transferId: transfer.id },
    });
  };
}

const processor = new PayoutProcessor(new PrismaClient(), new BankClient(process.env.BANK_URL!));

export const worker = new Worker<PayoutJob>('payouts', processor.process, {
  connection: { host: 'redis' },
  concurrency: 4,
});
