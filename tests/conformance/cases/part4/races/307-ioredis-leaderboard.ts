// pattern: high score read with GET, compared, written with SET
import Redis from 'ioredis';
import { Injectable } from '@nestjs/common';

@Injectable()
export class Leaderboard {
  private readonly redis = new Redis(6379, 'cache');

  async submit(player: string, score: number): Promise<number> {
    const key = `best:${player}`;
    const best = Number(await this.redis.get(key)) || 0;
    if (score <= best) return best;
    await this.redis.set(key, score); // RACE: check-then-act
    return score;
  }
}
