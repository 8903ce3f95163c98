// pattern: files: the registry is written atomically with a temporary file and rename, but what is written was read before
import { randomUUID } from 'node:crypto';
import { promises as fs } from 'node:fs';
import path from 'node:path';

export interface PluginEntry {
  name: string;
  version: string;
  installedAt: string;
}

export class PluginRegistry {
  private readonly file: string;

  constructor(directory: string) {
    this.file = path.join(directory, 'plugins.json');
  }

  async all(): Promise<Record<string, PluginEntry>> {
    try {
      return JSON.parse(await fs.readFile(this.file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
      throw error;
    }
  }

  async install(name: string, version: string): Promise<void> {
    const entries = await this.all();
    entries[name] = { name, version, installedAt: new Date().toISOString() };
    await this.replace(entries); // RACE: lost-update
  }

  private async replace(entries: Record<string, PluginEntry>): Promise<void> {
    const temporary = `${this.file}.${randomUUID()}`;
    await fs.writeFile(temporary, JSON.stringify(entries, null, 2));
    await fs.rename(temporary, this.file); // RACE: lost-update
  }
}
