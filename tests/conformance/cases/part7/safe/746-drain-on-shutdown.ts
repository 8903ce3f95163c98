// pattern: shutdown waits for the promises of running jobs, kept in a set
export class Jobs {
  private readonly running = new Set<Promise<void>>();
  private stopping = false;

  constructor(private readonly handle: (payload: string) => Promise<void>) {}

  start(payload: string): boolean {
    if (this.stopping) return false;
    const job = this.handle(payload).catch((error) => console.error(error));
    this.running.add(job);
    void job.finally(() => this.running.delete(job));
    return true;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await Promise.allSettled([...this.running]);
  }
}
