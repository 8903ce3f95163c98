// pattern: the parent is done inside the same job
import PQueue from 'p-queue';

interface Doc {
  id: string;
  parent?: string;
}

export class Indexer {
  private readonly queue = new PQueue({ concurrency: 1 });

  constructor(private readonly db: { load(id: string): Promise<Doc>; index(doc: Doc): Promise<void> }) {}

  async reindex(id: string): Promise<void> {
    await this.queue.add(() => this.reindexNow(id));
  }

  private async reindexNow(id: string): Promise<void> {
    const doc = await this.db.load(id);
    if (doc.parent) await this.reindexNow(doc.parent);
    await this.db.index(doc);
  }
}
