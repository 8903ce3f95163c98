// pattern: the update asks for the status again and counts the rows that it changed
export abstract class PollingWorker<Job> {
  private stopped = false;

  protected abstract claim(): Promise<Job | undefined>;
  protected abstract handle(job: Job): Promise<void>;

  async runOnce(): Promise<boolean> {
    const job = await this.claim();
    if (job === undefined) return false;
    await this.handle(job);
    return true;
  }

  async start(idleMs = 1_000): Promise<void> {
    while (!this.stopped) {
      if (!(await this.runOnce())) await new Promise((resolve) => setTimeout(resolve, idleMs));
    }
  }

  stop(): void {
    this.stopped = true;
  }
}
