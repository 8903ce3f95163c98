import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const file = path.join(process.cwd(), 'data', 'visits.json');
let tail: Promise<unknown> = Promise.resolve();

function exclusively<T>(work: () => Promise<T>): Promise<T> {
  const run = tail.then(work, work);
  tail = run.catch(() => undefined);
  return run;
}

export function visit(page: string): Promise<number> {
  return exclusively(async () => {
    const visits: Record<string, number> = JSON.parse(await readFile(file, 'utf8'));
    visits[page] = (visits[page] ?? 0) + 1;
    await writeFile(file, JSON.stringify(visits, null, 2));
    return visits[page];
  });
}
