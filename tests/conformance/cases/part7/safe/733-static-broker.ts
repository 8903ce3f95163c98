// pattern: static promise
import amqp, { type Channel } from 'amqplib';

export class Broker {
  static #opening: Promise<Broker> | undefined;

  private constructor(private readonly channel: Channel) {}

  static instance(): Promise<Broker> {
    return (Broker.#opening ??= Broker.#open());
  }

  static async #open(): Promise<Broker> {
    try {
      const connection = await amqp.connect(process.env.AMQP_URL!);
      return new Broker(await connection.createChannel());
    } catch (error) {
      Broker.#opening = undefined;
      throw error;
    }
  }

  publish(queue: string, body: object): boolean {
    return this.channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)));
  }
}

export async function notify(queue: string, body: object): Promise<void> {
  (await Broker.instance()).publish(queue, body);
}
