// pattern: a semaphore with two permits where mutual exclusion is needed
import { Semaphore } from 'async-mutex';

interface Cursor {
  page: number;
  done: boolean;
}

export class Importer {
  private readonly gate = new Semaphore(2);
  private cursor: Cursor = { page: 0, done: false };

  constructor(private readonly source: { page(n: number): Promise<{ rows: unknown[]; last: boolean }> }) {}

  async step(sink: (rows: unknown[]) => Promise<void>): Promise<void> {
    await this.gate.runExclusive(async () => {
      if (this.cursor.done) return;
      const { page } = this.cursor;
      const { rows, last } = await this.source.page(page);
      await sink(rows);
      this.cursor = { page: page + 1, done: last }; // RACE: lost-update
    });
  }
}
