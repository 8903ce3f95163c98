import { z } from 'zod';

const TokenReply = z.object({ access_token: z.string(), expires_in: z.number() });
const ChargeReply = z.object({ id: z.string() });

export interface PaymentOptions {
  url: string;
  clientId: string;
  secret: string;
}

export class PaymentClient {
  private token: Promise<string> | undefined;

  constructor(private readonly options: PaymentOptions) {}

  async charge(orderId: string, cents: number): Promise<string> {
    const token = await this.accessToken();
    const response = await fetch(`${this.options.url}/charges`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        'idempotency-key': `order-${orderId}`,
      },
      body: JSON.stringify({ amount: cents, reference: orderId }),
    });
    if (!response.ok) {
      throw new Error(`the charge was refused with status ${response.status}`);
    }
    return ChargeReply.parse(await response.json()).id;
  }

  private accessToken(): Promise<string> {
    if (!this.token) {
      const pending = this.requestToken();
      this.token = pending;
      pending.catch(() => {
        this.forget(pending);
      });
    }
    return this.token;
  }

  private async requestToken(): Promise<string> {
    const response = await fetch(`${this.options.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: this.options.clientId,
        client_secret: this.options.secret,
      }),
    });
    if (!response.ok) {
      throw new Error(`no payment token: status ${response.status}`);
    }
    const reply = TokenReply.parse(await response.json());
    const issued = this.token;
    setTimeout(() => this.forget(issued), (reply.expires_in - 60) * 1000).unref();
    return reply.access_token;
  }

  private forget(pending: Promise<string> | undefined): void {
    if (this.token === pending) {
      this.token = undefined;
    }
  }
}
