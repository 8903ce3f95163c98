// pattern: retry counter in a field of a shared client: one call resets the attempts of another
import { setTimeout as pause } from 'node:timers/promises';

export interface Transport {
  deliver(url: string, body: string): Promise<void>;
}

export class WebhookSender {
  private attempts = 0;

  constructor(
    private readonly transport: Transport,
    private readonly maxAttempts = 3,
  ) {}

  async send(url: string, payload: object): Promise<number> {
    const body = JSON.stringify(payload);
    this.attempts = 0;
    for (;;) {
      try {
        await this.transport.deliver(url, body);
        return this.attempts; // RACE: stale-read
      } catch (err) {
        this.attempts += 1; // RACE: lost-update
        if (this.attempts >= this.maxAttempts) throw err;
        await pause(200 * this.attempts);
      }
    }
  }
}
