// pattern: `return await work()` inside try/finally keeps the lock until the work is done
import { Mutex } from 'async-mutex';

interface Profile {
  name: string;
  avatar?: string;
  version: number;
}

export class ProfileStore {
  private readonly mutex = new Mutex();
  private readonly profiles = new Map<string, Profile>();

  constructor(private readonly images: { resize(url: string): Promise<string> }) {}

  private async exclusive<T>(work: () => Promise<T>): Promise<T> {
    const release = await this.mutex.acquire();
    try {
      return await work();
    } finally {
      release();
    }
  }

  setAvatar(id: string, url: string): Promise<Profile> {
    return this.exclusive(async () => {
      const profile = this.profiles.get(id) ?? { name: id, version: 0 };
      const avatar = await this.images.resize(url);
      const next = { ...profile, avatar, version: profile.version + 1 };
      this.profiles.set(id, next);
      return next;
    });
  }
}
