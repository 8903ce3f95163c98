// pattern: class mixin over a base repository: used bytes read, scan awaited, sum stored
type Constructor<T = object> = new (...args: any[]) => T;

export interface Scanner {
  measure(blob: Uint8Array): Promise<number>;
}

export function Metered<TBase extends Constructor<{ readonly scanner: Scanner }>>(Base: TBase) {
  return class extends Base {
    readonly usage: Record<string, number> = {};
    limit = 50_000_000;

    usedBy(tenant: string): number {
      return this.usage[tenant] ?? 0;
    }

    async account(tenant: string, blob: Uint8Array): Promise<number> {
      const used = this.usedBy(tenant);
      const size = await this.scanner.measure(blob);
      if (used + size > this.limit) throw new RangeError(`tenant ${tenant} is over its quota`);
      this.usage[tenant] = used + size; // RACE: lost-update
      return this.usage[tenant];
    }
  };
}
