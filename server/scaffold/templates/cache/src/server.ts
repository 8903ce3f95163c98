import { setTimeout } from 'node:timers/promises';
import { application } from './app.ts';
import { open } from './store.ts';

/** What is slow: an exchange, say. */
async function exchange(symbol: string) {
  await setTimeout(200);
  return { symbol, cents: 100 * symbol.length };
}

const app = application(open(), exchange);
const server = app.listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', () => server.close(5000));
