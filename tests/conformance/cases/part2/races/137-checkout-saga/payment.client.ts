export class PaymentClient {
  constructor(private readonly baseUrl: string) {}

  async charge(orderId: string, amountCents: number): Promise<void> {
    const response = await fetch(`${this.baseUrl}/charges`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': orderId },
      body: JSON.stringify({ orderId, amountCents }),
    });
    if (!response.ok) throw new Error(`charge failed: ${response.status}`);
  }
}
