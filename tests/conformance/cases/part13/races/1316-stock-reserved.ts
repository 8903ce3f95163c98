import { EventEmitter } from 'events';
export class Inventory extends EventEmitter {
  private stock: { [sku: string]: number } = {};
  constructor(private api: { confirm(sku: string): Promise<boolean> }) { super(); }
  restock(sku: string, n: number) { this.stock[sku] = (this.stock[sku] || 0) + n; }
  async reserve(sku: string): Promise<boolean> {
    if ((this.stock[sku] || 0) > 0) {
      const ok = await this.api.confirm(sku);
      if (ok) { this.stock[sku]--; this.emit('reserved', sku); return true; }
    }
    return false;
  }
}
