// pattern: temp + rename with one fixed temp name: the second rename finds no file, or publishes the wrong content
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
    const temp = `${this.file}.tmp`;
    await fs.writeFile(temp, yaml.dump(settings));
    await fs.rename(temp, this.file); // RACE: order-violation
  }
}
