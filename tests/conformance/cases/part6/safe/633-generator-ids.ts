export class IdAllocator {
  private next = 1;

  async *take(count: number): AsyncGenerator<number> {
    for (let i = 0; i < count; i++) {
      const id = this.next++;
      yield id;
    }
  }

  async batch(count: number): Promise<number[]> {
    const ids: number[] = [];
    for await (const id of this.take(count)) ids.push(id);
    return ids;
  }
}
