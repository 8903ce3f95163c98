// pattern: Kysely: a generic polling worker selects a pending row and then marks it by its id alone
export abstract class PollingWorker<Job> {
  private stopped = false;

  protected abstract claim(): Promise<Job | undefined>;
  protected abstract handle(job: Job): Promise<void>;

  async runOnce(): Promise<boolean> {
    const job = await this.claim();
    if (job === undefined) return false;
    await this.handle(job); // RACE: check-then-act
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
