export class IdAllocator {
  private next = 1;

  constructor(private readonly store: { persist(next: number): Promise<void> }) {}

  async *take(count: number): AsyncGenerator<number> {
    for (let i = 0; i < count; i++) {
      const id = this.next;
      await this.store.persist(id + 1);
      this.next = id + 1; // RACE: lost-update
      yield id;
    }
  }

  async batch(count: number): Promise<number[]> {
    const ids: number[] = [];
    for await (const id of this.take(count)) ids.push(id);
    return ids;
  }
}
