import { config } from '../config.js';

export class CourierClient {
  async requestVan(from: string, to: string): Promise<void> {
    await this.post('/vans', { from, to });
  }

  async confirmSlot(orderId: string, slot: string): Promise<void> {
    await this.post('/slots', { orderId, slot });
  }

  private async post(path: string, body: Record<string, string>): Promise<void> {
    const response = await fetch(`${config.courierUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`the courier answered with status ${response.status}`);
    }
  }
}
