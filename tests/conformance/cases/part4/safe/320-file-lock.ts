// pattern: one p-limit for the module
import { promises as fs } from 'fs';
import pLimit from 'p-limit';

const limit = pLimit(1);

export async function recordDownload(file: string, name: string): Promise<void> {
  await limit(async () => {
    const counts = JSON.parse(await fs.readFile(file, 'utf-8'));
    counts[name] = (counts[name] ?? 0) + 1;
    await fs.writeFile(file, JSON.stringify(counts));
  });
}
