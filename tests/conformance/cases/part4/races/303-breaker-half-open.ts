// pattern: circuit breaker: half-open is noted only after the probe, so every caller probes
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
    await this.target.send(payload); // RACE: check-then-act
    this.state = 'closed';
    return true;
  }
}
