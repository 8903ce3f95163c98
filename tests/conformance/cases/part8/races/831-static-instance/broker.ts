import amqp, { type Channel, type ChannelModel } from 'amqplib';

export class Broker {
  static #instance: Broker | null = null;

  private constructor(
    private readonly connection: ChannelModel,
    private readonly channel: Channel,
  ) {}

  static async instance(): Promise<Broker> {
    if (Broker.#instance === null) {
      const connection = await amqp.connect(process.env.AMQP_URL!); // RACE: init-race
      const channel = await connection.createChannel();
      Broker.#instance = new Broker(connection, channel); // RACE: init-race
    }
    return Broker.#instance;
  }

  publish(queue: string, body: object): boolean {
    return this.channel.sendToQueue(queue, Buffer.from(JSON.stringify(body)));
  }
}
