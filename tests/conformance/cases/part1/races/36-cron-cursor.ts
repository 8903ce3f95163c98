// pattern: a slow cron run overlaps the next one: changes are indexed twice and the cursor moves backwards
import cron from 'node-cron';
import { erp } from './erp';
import { searchIndex } from './search-index';

let cursor = 0;

export function startIndexing(expression = '*/5 * * * *') {
  return cron.schedule(expression, async () => {
    const changes = await erp.changesSince(cursor);
    for (const change of changes) {
      await searchIndex.append(change.sku, change.text);
    }
    if (changes.length > 0) {
      cursor = changes[changes.length - 1].at; // RACE: lost-update
    }
  });
}

export const indexedUpTo = () => new Date(cursor);
