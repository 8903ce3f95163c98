// pattern: pages are fetched in turn through a promise tail
export interface Source<T> {
  page(from: number, size: number): Promise<T[]>;
}

export class SharedReader<T> {
  #next = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly source: Source<T>,
    private readonly size = 100,
  ) {}

  async *items(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const page = await this.#take();
      if (page.length === 0) return;
      yield* page;
    }
  }

  #take(): Promise<T[]> {
    const mine = this.#tail.then(async () => {
      const page = await this.source.page(this.#next, this.size);
      this.#next += page.length;
      return page;
    });
    this.#tail = mine.catch(() => undefined);
    return mine;
  }
}

const reader = new SharedReader<string>({ page: (from, size) => fetch(`/rows?from=${from}&size=${size}`).then((r) => r.json()) });

export async function drainInto(sink: (row: string) => Promise<void>): Promise<number> {
  let rows = 0;
  for await (const row of reader.items()) {
    await sink(row);
    rows++;
  }
  return rows;
}
