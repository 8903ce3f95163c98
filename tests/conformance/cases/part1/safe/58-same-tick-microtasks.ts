// pattern: calls started in one tick, each of which reads and replaces the list without a suspension in between
export interface Plugin {
  name: string;
  setup(): void;
}

class PluginHost {
  private installed: readonly string[] = [];
  private readonly known = new Map<string, Plugin>();

  define(plugin: Plugin): void {
    this.known.set(plugin.name, plugin);
  }

  private async resolve(name: string): Promise<Plugin> {
    const plugin = this.known.get(name);
    if (!plugin) throw new Error(`unknown plugin ${name}`);
    return plugin;
  }

  private async install(name: string): Promise<void> {
    const plugin = await this.resolve(name);
    plugin.setup();
    this.installed = [...this.installed, plugin.name];
  }

  async installAll(names: string[]): Promise<readonly string[]> {
    await Promise.all(names.map((name) => this.install(name)));
    return this.installed;
  }
}

export const host = new PluginHost();
