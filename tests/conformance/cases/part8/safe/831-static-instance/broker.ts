import amqp, { type Channel, type ChannelModel } from 'amqplib';

export class Broker {
  static #opening: Promise<Broker> | null = null;

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  static async instance(): Promise<Broker> {
    Broker.#opening ??= Broker.#open().catch((error: unknown) => {
      Broker.#opening = null;
      throw error;
    });
    return Broker.#opening;
  }

  static async #open(): Promise<Broker> {
    const connection = await amqp.connect(process.env.AMQP_URL!);
    return new Broker(connection, await connection.createChannel());
  }

  publish(queue: string, body: object): boolean {
    return this.channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)));
  }
}
