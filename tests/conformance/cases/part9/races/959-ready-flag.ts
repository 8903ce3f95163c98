// pattern: connecting is marked as begun, not as done: a second publish uses the channel before it is there
import { connect } from './broker';
import type { Channel } from './broker';

class Publisher {
  private begun = false;
  private channel: Channel | null = null;

  private async ensure(): Promise<void> {
    if (this.begun) return;
    this.begun = true;
    this.channel = await connect('amqp://broker');
  }

  async publish(topic: string, body: object): Promise<void> {
    await this.ensure();
    if (this.channel === null) throw new Error('not connected');
    await this.channel.send(topic, JSON.stringify(body)); // RACE: order-violation
  }
}

export default new Publisher();
