export class Perms {
  private loaded = false;
  private roles = new Map<string, string[]>();
  async can(user: string, what: string) {
    if (!this.loaded) {
      this.loaded = true;
      const res = await fetch('https://iam/roles');
      for (const r of await res.json()) this.roles.set(r.user, r.grants);
    }
    return this.roles.get(user)?.includes(what) ?? false; // RACE: order-violation
  }
}
