import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

const file = path.join(process.cwd(), 'data', 'visits.json');

export async function visit(page: string): Promise<number> {
  const visits: Record<string, number> = JSON.parse(await readFile(file, 'utf8'));
  visits[page] = (visits[page] ?? 0) + 1;
  await writeFile(file, JSON.stringify(visits, null, 2)); // RACE: lost-update
  return visits[page];
}
