// pattern: the handler is registered before the request is published
import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { connect, StringCodec } from 'nats';

const codec = StringCodec();
const replies = new EventEmitter();

export async function start(url: string) {
  const nc = await connect({ servers: url });
  const sub = nc.subscribe('replies.>');
  (async () => {
    for await (const msg of sub) {
      const body = JSON.parse(codec.decode(msg.data)) as { id: string; result: unknown };
      replies.emit(body.id, body.result);
    }
  })();

  return {
    async call(subject: string, payload: unknown): Promise<unknown> {
      const id = randomUUID();
      const reply = new Promise((resolve) => {
        replies.once(id, resolve);
      });
      nc.publish(subject, codec.encode(JSON.stringify({ id, payload })));
      await appendFile('rpc.log', `${id} ${subject}\n`);
      return reply;
    },
  };
}
