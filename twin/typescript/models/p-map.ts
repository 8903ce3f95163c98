// p-map: maps with a concurrency.
import { pLimit } from './p-limit';

export default async function pMap(items, work, options) {
  const limit = pLimit(options?.concurrency ?? 1000);
  return Promise.all(Array.from(await items, (item, index) => limit(() => work(item, index))));
}
