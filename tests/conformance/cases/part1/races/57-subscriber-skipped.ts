// pattern: live array walked by index with an await in the body; an unsubscribe shifts it and one listener is skipped
export interface Subscriber {
  readonly id: string;
  deliver(topic: string, body: unknown): Promise<void>;
}

export class Topic {
  private readonly subscribers: Subscriber[] = [];

  constructor(readonly name: string) {}

  subscribe(subscriber: Subscriber): void {
    this.subscribers.push(subscriber);
  }

  unsubscribe(id: string): boolean {
    const at = this.subscribers.findIndex((s) => s.id === id);
    if (at < 0) return false;
    this.subscribers.splice(at, 1);
    return true;
  }

  async publish(body: unknown): Promise<number> {
    let delivered = 0;
    for (let i = 0; i < this.subscribers.length; i++) {
      await this.subscribers[i].deliver(this.name, body); // RACE: stale-read
      delivered++;
    }
    return delivered;
  }
}
