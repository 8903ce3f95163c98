import { Kafka } from 'kafkajs';
const kafka = new Kafka({ brokers: ['k:9092'] });
const consumer = kafka.consumer({ groupId: 'totals' });
const totals: Record<string, number> = {};
async function rate(cur: string) { return (await (await fetch('http://fx/' + cur)).json()).rate as number; }
export async function start() {
  await consumer.connect();
  await consumer.subscribe({ topic: 'payments' });
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachMessage: async ({ message }) => {
      const p = JSON.parse(message.value!.toString());
      const r = await rate(p.cur);
      totals[p.shop] = (totals[p.shop] ?? 0) + p.amount * r;
    },
  });
}
