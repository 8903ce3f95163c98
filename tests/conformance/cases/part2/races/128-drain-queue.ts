// pattern: LRANGE 0 -1, then DEL: what was pushed in between is gone
import { Redis } from 'ioredis';
import { analytics } from './analytics';

interface PageView {
  path: string;
  visitor: string;
  at: number;
}

export class PageViewQueue {
  private readonly key = 'queue:pageviews';

  constructor(private readonly redis: Redis) {}

  async push(view: PageView): Promise<void> {
    await this.redis.rpush(this.key, JSON.stringify(view));
  }

  async drain(): Promise<number> {
    const raw = await this.redis.lrange(this.key, 0, -1);
    if (raw.length === 0) return 0;
    await this.redis.del(this.key); // RACE: lost-update
    const views = raw.map((line) => JSON.parse(line) as PageView);
    await analytics.ingest(views);
    return views.length;
  }
}
