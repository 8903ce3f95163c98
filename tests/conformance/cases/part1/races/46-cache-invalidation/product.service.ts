import { KeyedCache } from './ttl-cache';

export interface Product {
  sku: string;
  name: string;
}

export interface ProductRepo {
  findBySku(sku: string): Promise<Product>;
  rename(sku: string, name: string): Promise<void>;
}

export class ProductService {
  private readonly cache = new KeyedCache<Product>();

  constructor(private readonly repo: ProductRepo) {}

  async product(sku: string): Promise<Product> {
    const known = this.cache.get(sku);
    if (known) return known;
    const loaded = await this.repo.findBySku(sku);
    this.cache.put(sku, loaded); // RACE: stale-read
    return loaded;
  }

  async rename(sku: string, name: string): Promise<void> {
    await this.repo.rename(sku, name);
    this.cache.invalidate(sku);
  }
}
