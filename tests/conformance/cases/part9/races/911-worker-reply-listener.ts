// pattern: the job is posted to the worker and recorded; only then is a listener for its reply attached
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { journal } from './journal';

export interface Thumbnail {
  id: string;
  bytes: Uint8Array;
}

export class Thumbnailer {
  private readonly worker = new Worker(new URL('./resize.worker.js', import.meta.url));

  async render(id: string, image: Uint8Array): Promise<Thumbnail> {
    this.worker.postMessage({ id, image });
    await journal.write(`render ${id}`);
    const [bytes] = await once(this.worker, `done:${id}`); // RACE: order-violation
    return { id, bytes };
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
