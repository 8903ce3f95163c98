import { Semaphore } from 'async-mutex';
import { printer } from './printer';

const slots = new Semaphore(2);

export async function printLabel(orderId: string): Promise<string | null> {
  const [, release] = await slots.acquire();
  try {
    const label = await printer.prepare(orderId);
    if (label.pages === 0) return null;
    return await printer.print(label);
  } finally {
    release();
  }
}
