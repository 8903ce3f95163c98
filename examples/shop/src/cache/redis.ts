import { Redis } from 'ioredis';
import { config } from '../config.js';

export const redis = new Redis(config.redisUrl, { maxRetriesPerRequest: 3 });

let subscriber: Redis | undefined;
let publisher: Promise<Redis> | undefined;

async function open(name: string): Promise<Redis> {
  const client = new Redis(config.redisUrl, { lazyConnect: true, connectionName: name });
  await client.connect();
  return client;
}

export async function getSubscriber(): Promise<Redis> {
  if (!subscriber) {
    subscriber = await open('shop-subscriber');
  }
  return subscriber;
}

export function getPublisher(): Promise<Redis> {
  if (!publisher) {
    const opening = open('shop-publisher');
    publisher = opening;
    opening.catch(() => {
      publisher = undefined;
    });
  }
  return publisher;
}

export async function onChannel(channel: string, handle: (message: string) => void): Promise<void> {
  const client = await getSubscriber();
  client.on('message', (from: string, message: string) => {
    if (from === channel) {
      handle(message);
    }
  });
  await client.subscribe(channel);
}

export async function publish(channel: string, message: string): Promise<void> {
  const client = await getPublisher();
  await client.publish(channel, message);
}
