// pattern: retry counter is a local of the call; the field only counts deliveries
import { setTimeout as pause } from 'node:timers/promises';

export interface Transport {
  deliver(url: string, body: string): Promise<void>;
}

export class WebhookSender {
  private delivered = 0;

  constructor(
    private readonly transport: Transport,
    private readonly maxAttempts = 3,
  ) {}

  async send(url: string, payload: object): Promise<number> {
    const body = JSON.stringify(payload);
    let attempts = 0;
    for (;;) {
      try {
        await this.transport.deliver(url, body);
        this.delivered += 1;
        return attempts;
      } catch (err) {
        attempts += 1;
        if (attempts >= this.maxAttempts) throw err;
        await pause(200 * attempts);
      }
    }
  }
}
