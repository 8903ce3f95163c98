export class MailQueue {
  private readonly pending: string[] = [];
  private draining = false;

  constructor(private readonly smtp: { connect(): Promise<{ send(m: string): Promise<void> }> }) {}

  async push(message: string): Promise<void> {
    this.pending.push(message);
    await this.drain();
  }

  private async drain(): Promise<void> {
    if (this.draining) return;
    this.draining = true;
    try {
      const connection = await this.smtp.connect();
      for (let next = this.pending.shift(); next !== undefined; next = this.pending.shift()) {
        await connection.send(next);
      }
    } finally {
      this.draining = false;
    }
  }
}
