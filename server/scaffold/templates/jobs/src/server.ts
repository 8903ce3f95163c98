/** The API and a worker in one process. `WORKER=no` leaves the worker out, so that both can grow apart. */

import { application } from './app.ts';
import { connect } from './database.ts';
import { Queue } from './queue.ts';
import { work } from './worker.ts';

const db = await connect();
const worker = process.env.WORKER === 'no' ? undefined : work(new Queue(db));
const server = application(db).listen(Number(process.env.PORT ?? 3000), process.env.HOST);
process.once('SIGTERM', async () => {
  await worker?.stop();
  await server.close(5000);
});
