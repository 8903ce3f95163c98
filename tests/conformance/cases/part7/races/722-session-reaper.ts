// pattern: interval sweep: expired session archived, then deleted although it was touched meanwhile
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
    for (const [id, session] of this.live) {
      if (Date.now() - session.seenAt < this.idleMs) continue;
      await this.archive.save(session);
      this.live.delete(id); // RACE: check-then-act
    }
  }
}
