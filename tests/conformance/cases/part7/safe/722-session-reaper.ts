// pattern: out of the map before the await; a touch meanwhile starts a new session
interface Session {
  id: string;
  seenAt: number;
  cart: string[];
}

export class Sessions {
  private readonly live = new Map<string, Session>();

  constructor(
    private readonly archive: { save(session: Session): Promise<void> },
    private readonly idleMs: number,
  ) {
    setInterval(() => void this.sweep(), 30_000).unref();
  }

  touch(id: string, sku: string): void {
    const session = this.live.get(id) ?? { id, seenAt: 0, cart: [] };
    session.seenAt = Date.now();
    session.cart.push(sku);
    this.live.set(id, session);
  }

  private async sweep(): Promise<void> {
    const idle = [...this.live.values()].filter((s) => Date.now() - s.seenAt >= this.idleMs);
    for (const session of idle) this.live.delete(session.id);
    await Promise.all(idle.map((session) => this.archive.save(session)));
  }
}
