export interface Transfer {
  id: string;
}

export class BankClient {
  constructor(private readonly baseUrl: string) {}

  async transfer(merchantId: string, cents: number): Promise<Transfer> {
    const response = await fetch(new URL('/transfers', this.baseUrl), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ merchantId, cents }),
    });
    if (!response.ok) throw new Error(`transfer failed: ${response.status}`);
    return response.json() as Promise<Transfer>;
  }
}
