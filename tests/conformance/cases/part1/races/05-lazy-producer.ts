// pattern: static instance tested, connected, then stored: two producers are opened and one is never closed
import { Kafka, type Producer } from 'kafkajs';

export class EventPublisher {
  private static producer: Producer | undefined;
  private static readonly kafka = new Kafka({ clientId: 'billing', brokers: ['kafka:9092'] });

  private static async instance(): Promise<Producer> {
    if (EventPublisher.producer === undefined) {
      const producer = EventPublisher.kafka.producer({ idempotent: true });
      await producer.connect();
      EventPublisher.producer = producer; // RACE: init-race
    }
    return EventPublisher.producer;
  }

  static async publish(topic: string, value: object): Promise<void> {
    const producer = await EventPublisher.instance();
    await producer.send({ topic, messages: [{ value: JSON.stringify(value) }] });
  }

  static async close(): Promise<void> {
    await EventPublisher.producer?.disconnect();
  }
}
