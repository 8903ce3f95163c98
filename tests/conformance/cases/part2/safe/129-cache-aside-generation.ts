// pattern: the fill is a script that stores only if no invalidation came since the generation was read
import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { InjectRedis } from '@nestjs-modules/ioredis';
import Redis from 'ioredis';
import { Repository } from 'typeorm';
import { Product } from './product.entity';

const FILL = `if (redis.call('GET', KEYS[2]) or '0') == ARGV[2] then redis.call('SET', KEYS[1], ARGV[1]) end`;

@Injectable()
export class ProductService {
  constructor(
    @InjectRepository(Product) private readonly products: Repository<Product>,
    @InjectRedis() private readonly redis: Redis,
  ) {}

  async findOne(id: string): Promise<Product> {
    const cached = await this.redis.get(`product:${id}`);
    if (cached) return JSON.parse(cached) as Product;
    const generation = (await this.redis.get(`product-gen:${id}`)) ?? '0';
    const product = await this.products.findOneByOrFail({ id });
    await this.redis.eval(FILL, 2, `product:${id}`, `product-gen:${id}`, JSON.stringify(product), generation);
    return product;
  }

  async setPrice(id: string, price: number): Promise<void> {
    await this.products.update({ id }, { price });
    await this.redis.multi().incr(`product-gen:${id}`).del(`product:${id}`).exec();
  }
}
