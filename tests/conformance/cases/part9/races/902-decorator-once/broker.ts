import { connect, type Channel } from 'amqplib';
import { Once } from './once';

export class Broker {
  constructor(private readonly url: string) {}

  @Once
  async channel(): Promise<Channel> {
    const connection = await connect(this.url);
    return connection.createChannel();
  }

  async publish(queue: string, message: object): Promise<boolean> {
    const channel = await this.channel();
    return channel.sendToQueue(queue, Buffer.from(JSON.stringify(message)));
  }
}

export const broker = new Broker(process.env.AMQP_URL ?? 'amqp://localhost');
