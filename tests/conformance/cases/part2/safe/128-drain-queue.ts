// pattern: LRANGE and DEL in one MULTI/EXEC
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
    const replies = await this.redis.multi().lrange(this.key, 0, -1).del(this.key).exec();
    const raw = (replies?.[0]?.[1] ?? []) as string[];
    if (raw.length === 0) return 0;
    const views = raw.map((line) => JSON.parse(line) as PageView);
    await analytics.ingest(views);
    return views.length;
  }
}
