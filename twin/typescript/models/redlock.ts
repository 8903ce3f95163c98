// redlock: locks with a lease, retried until they are got. The lease is taken to last long enough.
import { io, lock } from 'krepis:model';

const locks = new Map<string, Lock>();

const of = (resource) => {
  let found = locks.get(resource);
  if (found === undefined) {
    found = lock('redlock');
    locks.set(resource, found);
  }
  return found;
};

export class ResourceLockedError extends Error {}

export class ExecutionError extends Error {}

export class Lock {
  constructor(held) {
    this.held = held;
  }

  async release() {
    for (const one of this.held) one.release();
  }

  unlock() {
    return this.release();
  }

  async extend() {
    return this;
  }
}

export class Redlock {
  constructor(clients, settings) {
    this.retries = settings?.retryCount ?? 10;
  }

  async acquire(resources, duration, settings) {
    const held = [];
    for (const resource of resources) {
      const one = of(resource);
      if ((settings?.retryCount ?? this.retries) === 0) {
        await io('redlock acquire', () => {
          if (!one.tryAcquire()) {
            for (const other of held) other.release();
            throw new ExecutionError('The operation was unable to achieve a quorum during its retry window.');
          }
        });
      } else {
        await one.acquire();
      }
      held.push(one);
    }
    return new Lock(held);
  }

  lock(resource, duration) {
    return this.acquire(Array.isArray(resource) ? resource : [resource], duration);
  }

  async using(resources, duration, settings, work) {
    const run = work ?? settings;
    const held = await this.acquire(resources, duration, work === undefined ? undefined : settings);
    try {
      return await run({ aborted: false });
    } finally {
      await held.release();
    }
  }

  on() {
    return this;
  }

  async quit() {}
}

export default Redlock;
