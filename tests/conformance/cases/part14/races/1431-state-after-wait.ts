import { EventEmitter } from 'events';
export class Job extends EventEmitter {
  status: 'idle' | 'running' | 'done' = 'idle';
  async start(run: () => Promise<void>) {
    if (this.status === 'running') return;
    await this.prepare();
    this.status = 'running'; // RACE: check-then-act
    await run();
    this.status = 'done';
    this.emit('done');
  }
  private async prepare() { await new Promise((r) => setTimeout(r, 1)); }
}
export const job = new Job();
