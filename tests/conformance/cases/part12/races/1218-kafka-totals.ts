import { Kafka } from 'kafkajs';

interface Sale {
  shop: string;
  amount: number;
  currency: string;
}

const kafka = new Kafka({ clientId: 'totals', brokers: ['kafka:9092'] });
const consumer = kafka.consumer({ groupId: 'totals' });
const totals = new Map<string, number>();

async function toEuro(amount: number, currency: string): Promise<number> {
  if (currency === 'EUR') return amount;
  const res = await fetch(`https://rates.example/${currency}`);
  const { rate } = (await res.json()) as { rate: number };
  return amount * rate;
}

export async function run(): Promise<void> {
  await consumer.connect();
  await consumer.subscribe({ topic: 'sales', fromBeginning: true });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    eachMessage: async ({ message }) => {
      const sale = JSON.parse(message.value!.toString()) as Sale;
      const before = totals.get(sale.shop) ?? 0;
      totals.set(sale.shop, before + (await toEuro(sale.amount, sale.currency))); // RACE: lost-update
    },
  });
}

export const totalOf = (shop: string): number => totals.get(shop) ?? 0;
