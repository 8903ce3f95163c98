// pattern: cron job computes whole values from a source and upserts them
import cron from 'node-cron';
import { PrismaClient } from '@prisma/client';

const prisma = new PrismaClient();

async function refreshRates(): Promise<void> {
  const response = await fetch('https://rates.example.com/latest');
  const { rates } = (await response.json()) as { rates: Record<string, number> };
  for (const [currency, rate] of Object.entries(rates)) {
    await prisma.rate.upsert({ where: { currency }, create: { currency, rate }, update: { rate } });
  }
}

cron.schedule('*/15 * * * *', () => {
  refreshRates().catch((error) => console.error('rates', error));
});
