/** The program of the tenants in `isolates.test.ts`, with every way to misbehave. */

import { existsSync } from 'node:fs';
import { HttpError, krepis, reply } from '../sdk/index.ts';

const app = krepis();
const kept: unknown[] = [];
let count = 0;

app
  .headers({ 'x-from': 'isolate' })
  .get('/', () => 'fine')
  .get('/count', () => ++count)
  .get('/users/:id', async (request) => ({ id: request.params.id, q: request.query.get('q') }))
  .post('/length', (request) => request.bytes().length)
  .get('/bytes', () => new Uint8Array([0, 255]))
  .get('/web', () => new Response('web', { status: 202, headers: { 'x-web': 'yes' } }))
  .get('/refused', () => {
    throw new HttpError(409, 'no');
  })
  .get('/pieces', () =>
    reply(
      (async function* () {
        for (let i = 0; i < 5; i++) yield `${i}`.repeat(1000);
      })(),
    ),
  )
  .get('/gone', async (request) => {
    await new Promise((resolve) => request.signal.addEventListener('abort', resolve));
    count += 100;
  })
  .get('/loop', () => {
    for (;;) count++;
  })
  .get('/busy', (request) => {
    while (!existsSync(request.query.get('until') ?? '')) count++;
    return 'done';
  })
  .get('/leak', async () => {
    for (;;) {
      kept.push(Array.from({ length: 10_000 }, (_, i) => ({ i })));
      await new Promise((resolve) => setImmediate(resolve));
    }
  })
  .get('/leak-outside', async () => {
    for (;;) {
      kept.push(new Uint8Array(1 << 20).fill(1));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  })
  .get('/throws-later', () => {
    setTimeout(() => {
      throw new Error('expected in this test');
    });
    return new Promise(() => {});
  })
  .get('/exits', () => process.exit(3));

export default app;
