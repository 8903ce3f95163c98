// pattern: proper-lockfile lock kept by an early return and by a rejected write
import { readFile, writeFile } from 'node:fs/promises';
import lockfile from 'proper-lockfile';

export interface Registry {
  plugins: Record<string, { version: string; enabled: boolean }>;
}

export class PluginRegistry {
  constructor(private readonly file: string) {}

  async enable(name: string): Promise<boolean> {
    const release = await lockfile.lock(this.file, { retries: 5 }); // RACE: lock-leak
    const registry = JSON.parse(await readFile(this.file, 'utf8')) as Registry;
    const plugin = registry.plugins[name];
    if (!plugin || plugin.enabled) {
      return false;
    }
    plugin.enabled = true;
    await writeFile(this.file, JSON.stringify(registry));
    await release();
    return true;
  }
}
