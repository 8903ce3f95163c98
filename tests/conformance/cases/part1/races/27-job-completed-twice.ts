// pattern: timeout marks the job as failed, the late result marks it as done and notifies again
interface Job {
  id: string;
  state: 'queued' | 'running' | 'done' | 'failed';
  result?: string;
}

type Notify = (id: string, state: Job['state']) => void;

export class JobRunner {
  private readonly jobs = new Map<string, Job>();

  constructor(
    private readonly notify: Notify,
    private readonly timeoutMs = 30_000,
  ) {}

  stateOf(id: string): Job['state'] | undefined {
    return this.jobs.get(id)?.state;
  }

  async start(id: string, work: () => Promise<string>): Promise<void> {
    const job: Job = { id, state: 'running' };
    this.jobs.set(id, job);
    const timer = setTimeout(() => {
      job.state = 'failed';
      this.notify(id, 'failed');
    }, this.timeoutMs);
    const result = await work();
    clearTimeout(timer);
    job.result = result;
    job.state = 'done'; // RACE: order-violation
    this.notify(id, 'done'); // RACE: order-violation
  }
}
