// pattern: every call has its own temp file; the last rename wins as a whole
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import yaml from 'js-yaml';

export interface Settings {
  theme: string;
  locale: string;
  flags: Record<string, boolean>;
}

export class SettingsFile {
  constructor(private readonly file: string) {}

  async read(): Promise<Settings> {
    return yaml.load(await fs.readFile(this.file, 'utf8')) as Settings;
  }

  async replace(settings: Settings): Promise<void> {
    const temp = `${this.file}.${randomBytes(6).toString('hex')}.tmp`;
    await fs.writeFile(temp, yaml.dump(settings));
    await fs.rename(temp, this.file);
  }
}
