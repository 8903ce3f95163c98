// pattern: the revision is compared again after the load
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
    if (revision > this.current.revision) this.current = { ...config, revision };
  }
}
