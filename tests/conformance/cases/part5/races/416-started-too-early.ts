import { loadRates } from './rates-source';

export class RateTable {
  private started = false;
  private rates = new Map<string, number>();

  private async start(): Promise<void> {
    if (this.started) return;
    this.started = true;
    for (const [code, rate] of await loadRates()) this.rates.set(code, rate);
  }

  async convert(cents: number, code: string): Promise<number> {
    await this.start();
    const rate = this.rates.get(code); // RACE: order-violation
    if (rate === undefined) throw new Error(`no rate for ${code}`);
    return Math.round(cents * rate);
  }
}
