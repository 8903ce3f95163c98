// pattern: compare and set in one Lua script
import Redis from 'ioredis';
import { Injectable } from '@nestjs/common';

const MAX = `
local best = tonumber(redis.call('GET', KEYS[1]) or '0')
if tonumber(ARGV[1]) > best then
  redis.call('SET', KEYS[1], ARGV[1])
  return ARGV[1]
end
return best`;

@Injectable()
export class Leaderboard {
  private readonly redis = new Redis(6379, 'cache');

  async submit(player: string, score: number): Promise<number> {
    return Number(await this.redis.eval(MAX, 1, `best:${player}`, score));
  }
}
