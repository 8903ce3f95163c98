// pattern: read, await, write on module state, but only in one loop that is started once
import { Kafka } from 'kafkajs';
import { feeFor } from './fees';

interface Payment {
  merchant: string;
  cents: number;
}

const consumer = new Kafka({ clientId: 'settlement', brokers: ['kafka:9092'] }).consumer({ groupId: 'settlement' });
const inbox: Payment[] = [];
const totals: Record<string, number> = {};
let wake: (() => void) | undefined;

async function nextPayment(): Promise<Payment> {
  while (inbox.length === 0) {
    await new Promise<void>((resolve) => (wake = resolve));
  }
  return inbox.shift()!;
}

async function settle(): Promise<never> {
  for (;;) {
    const { merchant, cents } = await nextPayment();
    const total = totals[merchant] ?? 0;
    const fee = await feeFor(merchant, cents);
    totals[merchant] = total + cents - fee;
  }
}

async function main(): Promise<void> {
  await consumer.subscribe({ topic: 'payments' });
  await consumer.run({
    eachMessage: async ({ message }) => {
      inbox.push(JSON.parse(message.value!.toString()) as Payment);
      wake?.();
    },
  });
  await settle();
}

main().catch((err) => {
  console.error('settlement stopped', err);
  process.exit(1);
});
