// pattern: cancelled job is marked done by the run that was already under way
type Status = 'queued' | 'running' | 'done' | 'cancelled';

export class Jobs {
  private readonly status = new Map<string, Status>();

  constructor(private readonly runner: { execute(id: string): Promise<void> }) {}

  enqueue(id: string): void {
    this.status.set(id, 'queued');
  }

  cancel(id: string): boolean {
    if (this.status.get(id) === 'done') return false;
    this.status.set(id, 'cancelled');
    return true;
  }

  async run(id: string): Promise<void> {
    if (this.status.get(id) !== 'queued') return;
    this.status.set(id, 'running');
    await this.runner.execute(id);
    this.status.set(id, 'done'); // RACE: order-violation
  }
}
