import { Mutex } from 'async-mutex';
import type { CatalogCache } from '../cache/catalog-cache.js';
import { publish } from '../cache/redis.js';
import { ConflictError, NotFoundError, ValidationError } from '../middleware/errors.js';
import type { ProductRepository } from '../repositories/products.js';
import type { PriceRow, Product } from '../types.js';

export const CATALOG_CHANNEL = 'catalog.changed';
const MAX_ATTEMPTS = 3;
const FEED_PAGE = 500;

export class CatalogService {
  private readonly importing = new Mutex();
  private readonly exporting = new Mutex();
  private feed: string | undefined;

  constructor(
    private readonly products: ProductRepository,
    private readonly cache: CatalogCache,
  ) {}

  async product(id: string): Promise<Product> {
    const product = await this.cache.get(id);
    if (!product) {
      throw new NotFoundError('no such product');
    }
    return product;
  }

  async changePrice(id: string, percent: number): Promise<number> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt += 1) {
      const product = await this.products.find(id);
      if (!product) {
        throw new NotFoundError('no such product');
      }
      const priceCents = Math.round(product.priceCents * (1 + percent / 100));
      if (await this.products.setPrice(id, priceCents, product.version)) {
        this.cache.invalidate(id);
        await publish(CATALOG_CHANNEL, id);
        return priceCents;
      }
    }
    throw new ConflictError('the price was changed by someone else');
  }

  async importPrices(rows: readonly PriceRow[]): Promise<number> {
    const release = await this.importing.acquire();
    const known = await this.products.knownSkus(rows.map((row) => row.sku));
    const unknown = rows.filter((row) => !known.has(row.sku));
    if (unknown.length > 0) {
      throw new ValidationError(`unknown SKU ${unknown.map((row) => row.sku).join(', ')}`);
    }
    for (const row of rows) {
      await this.products.importPrice(row);
    }
    this.cache.clear();
    release();
    return rows.length;
  }

  async exportFeed(): Promise<string> {
    const release = await this.exporting.acquire();
    try {
      if (this.feed === undefined) {
        const products = await this.products.list(FEED_PAGE, 0);
        this.feed = products.map(({ sku, name, priceCents }) => `${sku};${name};${priceCents}`).join('\n');
      }
      return this.feed;
    } finally {
      release();
    }
  }

  async refreshFeed(): Promise<string> {
    await this.exporting.runExclusive(() => {
      this.feed = undefined;
    });
    return this.exportFeed();
  }
}
