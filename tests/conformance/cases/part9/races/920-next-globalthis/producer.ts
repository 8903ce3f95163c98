// pattern: Next.js route: globalThis.__producer ??= await ...: both requests find it empty and connect
import { Kafka, type Producer } from 'kafkajs';

declare global {
  var __producer: Producer | undefined;
}

const kafka = new Kafka({ clientId: 'shop', brokers: ['kafka:9092'] });

async function connect(): Promise<Producer> {
  const producer = kafka.producer();
  await producer.connect();
  return producer;
}

export async function getProducer(): Promise<Producer> {
  globalThis.__producer ??= await connect(); // RACE: init-race
  return globalThis.__producer;
}
