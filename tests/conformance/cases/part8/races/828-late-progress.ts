// pattern: a progress event that waits for a notification sets a job back to running after it was finished
import { EventEmitter } from 'node:events';
import { notifier } from './notifier';

type State = 'queued' | 'running' | 'done';

interface Job {
  state: State;
  percent: number;
}

export class JobBoard {
  private readonly jobs: Map<string, Job> = new Map();

  attach(source: EventEmitter): void {
    source.on('progress', (id: string, percent: number) => this.onProgress(id, percent));
    source.on('done', (id: string) => this.onDone(id));
  }

  private async onProgress(id: string, percent: number): Promise<void> {
    const job = this.jobs.get(id);
    if (!job || job.state === 'done') return;
    await notifier.progress(id, percent);
    job.state = 'running'; // RACE: check-then-act
    job.percent = percent;
  }

  private onDone(id: string): void {
    const job = this.jobs.get(id);
    if (job) Object.assign(job, { state: 'done', percent: 100 });
  }
}

export const board = new JobBoard();
board.attach(new EventEmitter());
