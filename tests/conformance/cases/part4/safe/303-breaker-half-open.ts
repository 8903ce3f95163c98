// pattern: half-open is noted in the tick of the check
export class Breaker {
  private state: 'closed' | 'open' | 'half-open' = 'closed';
  private openedAt = 0;

  constructor(
    private readonly target: { send(payload: string): Promise<string> },
    private readonly cooldownMs = 10_000,
  ) {}

  trip(): void {
    this.state = 'open';
    this.openedAt = Date.now();
  }

  async probe(payload: string): Promise<boolean> {
    if (this.state !== 'open' || Date.now() - this.openedAt < this.cooldownMs) return false;
    this.state = 'half-open';
    try {
      await this.target.send(payload);
      this.state = 'closed';
      return true;
    } catch (err) {
      this.state = 'open';
      throw err;
    }
  }
}
