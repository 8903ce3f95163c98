// pattern: a reader that loaded the old row fills the cache after the writer has invalidated it
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InjectRedis } from '@nestjs-modules/ioredis';
import Redis from 'ioredis';
import { Repository } from 'typeorm';
import { Product } from './product.entity';

@Injectable()
export class ProductService {
  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    @InjectRedis() private readonly redis: Redis,
  ) {}

  async findOne(id: string): Promise<Product> {
    const cached = await this.redis.get(`product:${id}`);
    if (cached) return JSON.parse(cached) as Product;
    const product = await this.products.findOneByOrFail({ id });
    await this.redis.set(`product:${id}`, JSON.stringify(product)); // RACE: stale-read
    return product;
  }

  async setPrice(id: string, price: number): Promise<void> {
    await this.products.update({ id }, { price });
    await this.redis.del(`product:${id}`);
  }
}
