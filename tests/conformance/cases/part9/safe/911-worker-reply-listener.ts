// pattern: the listener is attached before the job is posted
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
    const reply = once(this.worker, `done:${id}`);
    this.worker.postMessage({ id, image });
    await journal.write(`render ${id}`);
    const [bytes] = await reply;
    return { id, bytes };
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
