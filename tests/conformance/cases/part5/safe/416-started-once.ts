import { loadRates } from './rates-source';

export class RateTable {
  private loading: Promise<Map<string, number>> | null = null;

  private table(): Promise<Map<string, number>> {
    this.loading ??= loadRates().then(
      (entries) => new Map(entries),
      (error: unknown) => {
        this.loading = null;
        throw error;
      },
    );
    return this.loading;
  }

  async convert(cents: number, code: string): Promise<number> {
    const rate = (await this.table()).get(code);
    if (rate === undefined) throw new Error(`no rate for ${code}`);
    return Math.round(cents * rate);
  }
}
