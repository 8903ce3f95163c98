// pattern: static instance assigned after the awaited connect
import amqp, { type Channel } from 'amqplib';

export class Broker {
  static #instance: Broker | undefined;

  private constructor(private readonly channel: Channel) {}

  static async instance(): Promise<Broker> {
    if (!Broker.#instance) {
      const connection = await amqp.connect(process.env.AMQP_URL!);
      Broker.#instance = new Broker(await connection.createChannel()); // RACE: init-race
    }
    return Broker.#instance;
  }

  publish(queue: string, body: object): boolean {
    return this.channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)));
  }
}

export async function notify(queue: string, body: object): Promise<void> {
  (await Broker.instance()).publish(queue, body);
}
