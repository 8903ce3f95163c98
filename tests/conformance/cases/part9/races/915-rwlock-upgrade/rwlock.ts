// pattern: readers of a home-made read-write lock ask for the write lock while they still hold the read lock
export class ReadWriteLock {
  private readers = 0;
  private writing = false;
  private waiting: Array<() => void> = [];

  async read(): Promise<() => void> {
    while (this.writing) await this.turn();
    this.readers++;
    return () => {
      this.readers--;
      this.wake();
    };
  }

  async write(): Promise<() => void> {
    while (this.writing || this.readers > 0) await this.turn();
    this.writing = true;
    return () => {
      this.writing = false;
      this.wake();
    };
  }

  private turn(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  private wake(): void {
    for (const resume of this.waiting.splice(0)) resume();
  }
}
