// pattern: fill and invalidation of one product exclude each other with a mutex per product
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InjectRedis } from '@nestjs-modules/ioredis';
import { Mutex } from 'async-mutex';
import Redis from 'ioredis';
import { Repository } from 'typeorm';
import { Product } from './product.entity';

@Injectable()
export class ProductService {
  private readonly mutexes = new Map<string, Mutex>();

  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    @InjectRedis() private readonly redis: Redis,
  ) {}

  private mutex(id: string): Mutex {
    const known = this.mutexes.get(id) ?? new Mutex();
    this.mutexes.set(id, known);
    return known;
  }

  async findOne(id: string): Promise<Product> {
    const cached = await this.redis.get(`product:${id}`);
    if (cached) return JSON.parse(cached) as Product;
    return this.mutex(id).runExclusive(async () => {
      const product = await this.products.findOneByOrFail({ id });
      await this.redis.set(`product:${id}`, JSON.stringify(product));
      return product;
    });
  }

  async setPrice(id: string, price: number): Promise<void> {
    await this.mutex(id).runExclusive(async () => {
      await this.products.update({ id }, { price });
      await this.redis.del(`product:${id}`);
    });
  }
}
