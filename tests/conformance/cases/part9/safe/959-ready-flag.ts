// pattern: the promise of connecting is kept and awaited by all
import { connect } from './broker';
import type { Channel } from './broker';

class Publisher {
  private connecting?: Promise<Channel>;
  private channel: Channel | null = null;

  private async ensure(): Promise<void> {
    this.connecting ??= connect('amqp://broker');
    this.channel = await this.connecting;
  }

  async publish(topic: string, body: object): Promise<void> {
    await this.ensure();
    if (this.channel === null) throw new Error('not connected');
    await this.channel.send(topic, JSON.stringify(body));
  }
}

export default new Publisher();
