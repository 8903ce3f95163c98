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
    const current = Number(await this.client.get(`points:${userId}`)) || 0;
    const next = current + points;
    await this.client.set(`points:${userId}`, String(next));
    return next;
  }
}
