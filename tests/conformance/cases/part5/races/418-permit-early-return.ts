import { Semaphore } from 'async-mutex';
import { printer } from './printer';

const slots = new Semaphore(2);

export async function printLabel(orderId: string): Promise<string | null> {
  const [, release] = await slots.acquire(); // RACE: lock-leak
  const label = await printer.prepare(orderId);
  if (label.pages === 0) {
    return null;
  }
  const ticket = await printer.print(label);
  release();
  return ticket;
}
