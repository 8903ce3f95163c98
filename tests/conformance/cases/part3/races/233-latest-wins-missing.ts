// pattern: config reload: an older, slower load overwrites a newer one
import chokidar from 'chokidar';
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';

interface Config {
  revision: number;
  limits: Record<string, number>;
}

export class ConfigHolder {
  current: Config = { revision: 0, limits: {} };

  constructor(private readonly remote: { fetch(revision: number): Promise<Config> }) {}

  async onAnnounced(revision: number): Promise<void> {
    if (revision <= this.current.revision) return;
    const config = await this.remote.fetch(revision);
    this.current = config; // RACE: order-violation
  }

  watch(file: string): void {
    chokidar.watch(file).on('change', async () => {
      const { revision } = parse(await readFile(file, 'utf8'));
      await this.onAnnounced(revision);
    });
  }
}
