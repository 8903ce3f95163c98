// pattern: the promise of the connection is kept, not what it gives
import { Kafka, type Producer } from 'kafkajs';

declare global {
  var __producer: Promise<Producer> | undefined;
}

const kafka = new Kafka({ clientId: 'shop', brokers: ['kafka:9092'] });

async function connect(): Promise<Producer> {
  const producer = kafka.producer();
  await producer.connect();
  return producer;
}

export function getProducer(): Promise<Producer> {
  globalThis.__producer ??= connect();
  return globalThis.__producer;
}
