// pattern: a copy of the array is walked, so changes made meanwhile only count for the next publish
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
    const receivers = [...this.subscribers];
    for (const receiver of receivers) {
      await receiver.deliver(this.name, body);
    }
    return receivers.length;
  }
}
