// pattern: a tick that finds a run under way waits for that run instead of starting another one
import cron from 'node-cron';
import { erp } from './erp';
import { searchIndex } from './search-index';

let cursor = 0;
let current: Promise<void> | null = null;

async function indexChanges(): Promise<void> {
  const changes = await erp.changesSince(cursor);
  for (const change of changes) {
    await searchIndex.append(change.sku, change.text);
    cursor = change.at;
  }
}

export function startIndexing(expression = '*/5 * * * *') {
  return cron.schedule(expression, async () => {
    current ??= indexChanges().finally(() => {
      current = null;
    });
    await current;
  });
}
