"""A right answer to each task, so that the hidden tests are known to accept one; no model sees them."""

SOLUTIONS = {
    "counter": """\
export class Counter {
  private readonly counts = new Map<string, number>();
  async hit(key: string): Promise<number> {
    const n = (this.counts.get(key) ?? 0) + 1;
    this.counts.set(key, n);
    return n;
  }
}
""",
    "once": """\
export class Lazy<T> {
  private made: Promise<T> | undefined;
  constructor(private readonly make: () => Promise<T>) {}
  async get(): Promise<T> {
    this.made ??= this.make();
    return this.made;
  }
}
""",
    "stock": """\
import type { Audit } from './audit';
export class Stock {
  private readonly counts = new Map<string, number>();
  constructor(private readonly audit: Audit) {}
  add(item: string, n: number): void {
    this.counts.set(item, this.left(item) + n);
  }
  left(item: string): number {
    return this.counts.get(item) ?? 0;
  }
  async take(item: string): Promise<boolean> {
    const left = this.left(item);
    if (left === 0) return false;
    this.counts.set(item, left - 1);
    await this.audit.record(`took ${item}`);
    return true;
  }
}
""",
    "wallet": """\
import type { Audit } from './audit';
export class Wallet {
  private cents = 0;
  constructor(private readonly audit: Audit) {}
  balance(): number {
    return this.cents;
  }
  async add(cents: number): Promise<number> {
    await this.audit.record(`add ${cents}`);
    this.cents += cents;
    return this.cents;
  }
}
""",
    "cache": """\
import type { Clock } from './clock';
export class Cache {
  private readonly entries = new Map<string, { value: string; at: number }>();
  constructor(private readonly clock: Clock, private readonly milliseconds: number) {}
  set(key: string, value: string): void {
    this.entries.set(key, { value, at: this.clock.now() });
  }
  get(key: string): string | undefined {
    const entry = this.entries.get(key);
    return entry !== undefined && this.clock.now() - entry.at <= this.milliseconds ? entry.value : undefined;
  }
}
""",
    "users": """\
import type { Audit } from './audit';
export class Users {
  private readonly known = new Set<string>();
  constructor(private readonly audit: Audit) {}
  async register(email: string): Promise<boolean> {
    if (this.known.has(email)) return false;
    this.known.add(email);
    await this.audit.record(`registered ${email}`);
    return true;
  }
}
""",
}
