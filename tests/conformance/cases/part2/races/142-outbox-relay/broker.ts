export class Broker {
  constructor(private readonly url: string) {}

  async publish(topic: string, payload: unknown): Promise<void> {
    const res = await fetch(`${this.url}/topics/${topic}`, { method: 'POST', body: JSON.stringify(payload) });
    if (!res.ok) throw new Error(`publish to ${topic}: ${res.status}`);
  }
}
