// pattern: taken out first, then pinged; a dead one is forgotten
interface Connection {
  ping(): Promise<void>;
  query(text: string): Promise<unknown[]>;
}

export class ConnectionPool {
  private readonly idle: Connection[] = [];

  constructor(private readonly open: () => Promise<Connection>) {}

  async acquire(): Promise<Connection> {
    const candidate = this.idle.shift();
    if (candidate) {
      try {
        await candidate.ping();
        return candidate;
      } catch {
        return this.open();
      }
    }
    return this.open();
  }

  release(connection: Connection): void {
    this.idle.push(connection);
  }
}
