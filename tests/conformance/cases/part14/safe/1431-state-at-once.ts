export class Job {
  status: 'idle' | 'running' | 'done' = 'idle';
  async start(run: () => Promise<void>) {
    if (this.status === 'running') return;
    this.status = 'running';
    try { await run(); this.status = 'done'; } catch (e) { this.status = 'idle'; throw e; }
  }
}
export const job = new Job();
