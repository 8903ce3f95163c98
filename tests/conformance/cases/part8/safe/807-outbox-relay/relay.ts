import { Worker } from 'bullmq';
import { kafka } from './kafka';
import { claim, giveBack, markSent, pending } from './outbox.repository';

const producer = kafka.producer();

export async function relay(): Promise<number> {
  let sent = 0;
  for (const message of await pending(50)) {
    if (!(await claim(message.id))) continue;
    try {
      await producer.send({ topic: message.topic, messages: [{ value: message.payload }] });
    } catch (error) {
      await giveBack(message.id);
      throw error;
    }
    await markSent(message.id);
    sent++;
  }
  return sent;
}

export const worker = new Worker('outbox', () => relay(), { connection: { host: 'redis' }, concurrency: 2 });
