// pattern: the mixin adds what the scan said after it is there
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
      const size = await this.scanner.measure(blob);
      const used = this.usedBy(tenant);
      if (used + size > this.limit) throw new RangeError(`tenant ${tenant} is over its quota`);
      this.usage[tenant] = used + size;
      return this.usage[tenant];
    }
  };
}
