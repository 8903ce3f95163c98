// pattern: idle connection looked at, pinged, and only then taken out: two callers get the same one
interface Connection {
  ping(): Promise<void>;
  query(text: string): Promise<unknown[]>;
}

export class ConnectionPool {
  private readonly idle: Connection[] = [];

  constructor(private readonly open: () => Promise<Connection>) {}

  async acquire(): Promise<Connection> {
    const candidate = this.idle[0];
    if (candidate) {
      await candidate.ping();
      this.idle.shift(); // RACE: check-then-act
      return candidate;
    }
    return this.open();
  }

  release(connection: Connection): void {
    this.idle.push(connection);
  }
}
