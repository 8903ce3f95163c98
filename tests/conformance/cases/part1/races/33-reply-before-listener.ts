// pattern: listener for the reply attached after the awaited send: a quick reply finds nobody listening
import { once, type EventEmitter } from 'node:events';

interface Reply {
  id: number;
  result: unknown;
}

interface Channel extends EventEmitter {
  send(message: object): Promise<void>;
}

export class RpcClient {
  private nextId = 0;

  constructor(private readonly channel: Channel) {
    channel.on('message', (reply: Reply) => channel.emit(`reply:${reply.id}`, reply));
  }

  async call(method: string, ...params: unknown[]): Promise<unknown> {
    const id = ++this.nextId;
    await this.channel.send({ id, method, params });
    const [reply] = (await once(this.channel, `reply:${id}`)) as [Reply]; // RACE: order-violation
    return reply.result;
  }
}
