// pattern: a job of a p-queue with concurrency one waits for another job of the same queue
import PQueue from 'p-queue';

interface Doc {
  id: string;
  parent?: string;
}

export class Indexer {
  private readonly queue = new PQueue({ concurrency: 1 });

  constructor(private readonly db: { load(id: string): Promise<Doc>; index(doc: Doc): Promise<void> }) {}

  async reindex(id: string): Promise<void> {
    await this.queue.add(async () => {
      const doc = await this.db.load(id);
      if (doc.parent) await this.reindex(doc.parent); // RACE: deadlock
      await this.db.index(doc);
    });
  }
}
