// pattern: every call makes its own p-limit, so the read-modify-write of the file is not exclusive
import { promises as fs } from 'fs';
import pLimit from 'p-limit';

export async function recordDownload(file: string, name: string): Promise<void> {
  const limit = pLimit(1);
  await limit(async () => {
    const counts = JSON.parse(await fs.readFile(file, 'utf-8'));
    counts[name] = (counts[name] ?? 0) + 1;
    await fs.writeFile(file, JSON.stringify(counts)); // RACE: lost-update
  });
}
