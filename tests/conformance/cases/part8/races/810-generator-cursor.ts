// pattern: async generator over a shared private cursor: read, page fetched, moved
export interface Source<T> {
  page(from: number, size: number): Promise<T[]>;
}

export class SharedReader<T> {
  #next = 0;

  constructor(
    private readonly source: Source<T>,
    private readonly size = 100,
  ) {}

  async *items(): AsyncGenerator<T, void, undefined> {
    for (;;) {
      const from = this.#next;
      const page = await this.source.page(from, this.size);
      this.#next = from + page.length; // RACE: lost-update
      if (page.length === 0) return;
      yield* page;
    }
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
