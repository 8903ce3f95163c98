// pattern: resolver registered before the message is sent and removed in finally
import type { EventEmitter } from 'node:events';

interface Reply {
  id: number;
  result: unknown;
}

interface Channel extends EventEmitter {
  send(message: object): Promise<void>;
}

export class RpcClient {
  private nextId = 0;
  private readonly pending = new Map<number, (reply: Reply) => void>();

  constructor(private readonly channel: Channel) {
    channel.on('message', (reply: Reply) => this.pending.get(reply.id)?.(reply));
  }

  async call(method: string, ...params: unknown[]): Promise<unknown> {
    const id = ++this.nextId;
    const reply = new Promise<Reply>((resolve) => {
      this.pending.set(id, resolve);
    });
    try {
      await this.channel.send({ id, method, params });
      return (await reply).result;
    } finally {
      this.pending.delete(id);
    }
  }
}
