import type { ProductRepository } from '../repositories/products.js';
import type { Product } from '../types.js';

interface Entry {
  product: Product | undefined;
  expiresAt: number;
}

export class CatalogCache {
  private readonly entries = new Map<string, Entry>();
  private readonly inFlight = new Map<string, Promise<Product | undefined>>();

  constructor(
    private readonly products: ProductRepository,
    private readonly ttlMs: number,
  ) {}

  async get(id: string): Promise<Product | undefined> {
    const entry = this.entries.get(id);
    if (entry && entry.expiresAt > Date.now()) {
      return entry.product;
    }
    const pending = this.inFlight.get(id);
    if (pending) {
      return pending;
    }
    const loading: Promise<Product | undefined> = this.load(id, () => this.inFlight.get(id) === loading);
    this.inFlight.set(id, loading);
    return loading;
  }

  invalidate(id: string): void {
    this.entries.delete(id);
    this.inFlight.delete(id);
  }

  clear(): void {
    this.entries.clear();
    this.inFlight.clear();
  }

  private async load(id: string, isCurrent: () => boolean): Promise<Product | undefined> {
    try {
      const product = await this.products.find(id);
      if (isCurrent()) {
        this.entries.set(id, { product, expiresAt: Date.now() + this.ttlMs });
      }
      return product;
    } finally {
      if (isCurrent()) {
        this.inFlight.delete(id);
      }
    }
  }
}
