type Handler<T> = (m: T) => Promise<void>;
export class WorkQueue<T> {
  private items: T[] = [];
  private draining = false;
  constructor(private handler: Handler<T>) {}
  push(item: T) { this.items.push(item); void this.drain().catch(() => {}); }
  private async drain() {
    if (this.draining) return;
    this.draining = true;
    try {
      while (this.items.length > 0) await this.handler(this.items.shift()!);
    } finally { this.draining = false; }
  }
}
export const mails = new WorkQueue<{ to: string }>(async (m) => { await fetch('http://mail', { method: 'POST', body: JSON.stringify(m) }); });
