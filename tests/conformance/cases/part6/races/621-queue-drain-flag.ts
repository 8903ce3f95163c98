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
    const connection = await this.smtp.connect();
    this.draining = true; // RACE: check-then-act
    try {
      while (this.pending.length > 0) {
        await connection.send(this.pending[0]);
        this.pending.shift();
      }
    } finally {
      this.draining = false;
    }
  }
}
