import { Injectable, OnModuleInit } from '@nestjs/common';
import { createClient, RedisClientType } from 'redis';

@Injectable()
export class PointsService implements OnModuleInit {
  private client!: RedisClientType;

  async onModuleInit(): Promise<void> {
    this.client = createClient({ url: process.env.REDIS_URL });
    await this.client.connect();
  }

  async award(userId: string, points: number): Promise<number> {
    const next = await this.client.incrBy(`points:${userId}`, points);
    return next;
  }
}
