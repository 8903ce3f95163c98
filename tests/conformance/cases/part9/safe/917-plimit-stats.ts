// pattern: p-limit with a concurrency of one: the same code, one download at a time
import pLimit from 'p-limit';
import { mirror } from './mirror';

interface Stats {
  readonly files: number;
  readonly bytes: number;
}

const limit = pLimit(1);

let stats: Stats = { files: 0, bytes: 0 };

const download = (url: string): Promise<void> =>
  limit(async () => {
    stats = { files: stats.files + 1, bytes: stats.bytes + (await mirror.copy(url)) };
  });

export default async function mirrorAll(urls: readonly string[]): Promise<Stats> {
  await Promise.all(urls.map(download));
  return stats;
}
