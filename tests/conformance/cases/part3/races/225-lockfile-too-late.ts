// pattern: proper-lockfile: the manifest is read before the lock is taken
import lockfile from 'proper-lockfile';
import fs from 'node:fs/promises';

export async function addPackage(manifest: string, name: string, version: string): Promise<void> {
  const content = JSON.parse(await fs.readFile(manifest, 'utf8'));
  const release = await lockfile.lock(manifest, { retries: 5 });
  try {
    content.dependencies[name] = version;
    await fs.writeFile(manifest, JSON.stringify(content, null, 2)); // RACE: lost-update
  } finally {
    await release();
  }
}
