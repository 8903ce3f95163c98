// pattern: whoever settles the job first wins: the state is tested in the tick in which it is set
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
    if (this.jobs.has(id)) return;
    const job: Job = { id, state: 'running' };
    this.jobs.set(id, job);
    const settle = (state: 'done' | 'failed', result?: string): void => {
      if (job.state !== 'running') return;
      clearTimeout(timer);
      Object.assign(job, { state, result });
      this.notify(id, state);
    };
    const timer = setTimeout(() => settle('failed'), this.timeoutMs);
    try {
      settle('done', await work());
    } catch {
      settle('failed');
    }
  }
}
