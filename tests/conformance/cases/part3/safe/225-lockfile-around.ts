// pattern: proper-lockfile around read and write
import lockfile from 'proper-lockfile';
import fs from 'node:fs/promises';

export async function addPackage(manifest: string, name: string, version: string): Promise<void> {
  const release = await lockfile.lock(manifest, { retries: 5 });
  try {
    const content = JSON.parse(await fs.readFile(manifest, 'utf8'));
    content.dependencies[name] = version;
    await fs.writeFile(manifest, JSON.stringify(content, null, 2));
  } finally {
    await release();
  }
}
