// pattern: flags replaced as a whole by whatever was loaded last; nothing read goes into the new value
export interface Flags {
  readonly [name: string]: boolean;
}

export interface FlagApi {
  load(): Promise<Flags>;
}

export class FeatureFlags {
  private flags: Flags = {};

  constructor(private readonly api: FlagApi) {}

  start(everyMs = 30_000): NodeJS.Timeout {
    return setInterval(() => {
      this.refresh().catch((err) => console.warn('flags not refreshed', err));
    }, everyMs);
  }

  async refresh(): Promise<void> {
    this.flags = await this.api.load();
  }

  isOn(name: string): boolean {
    return this.flags[name] ?? false;
  }
}
