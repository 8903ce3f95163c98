// proper-lockfile: one lock per path; without retries a taken lock is an error. Giving back does not fail.
import { io, lock as makeLock } from 'krepis:model';

const locks = new Map<string, Lock>();

const of = (path) => {
  let found = locks.get(path);
  if (found === undefined) {
    found = makeLock('lock file');
    locks.set(path, found);
  }
  return found;
};

const taken = (path) => {
  const error = new Error('Lock file is already being held');
  error.code = 'ELOCKED';
  return error;
};

export const lock = async (path, options) => {
  const inner = of(path);
  if (options?.retries) {
    await inner.acquire();
  } else {
    await io('lock', () => {
      if (!inner.tryAcquire()) throw taken(path);
    });
  }
  return async () => {
    inner.release();
  };
};

export const unlock = async (path) => {
  of(path).release();
};

export const check = (path) => io('check', () => of(path).isLocked());

export const lockSync = (path) => {
  const inner = of(path);
  if (!inner.tryAcquire()) throw taken(path);
  return () => {
    inner.release();
  };
};

export const unlockSync = (path) => {
  of(path).release();
};

export default { lock, unlock, check, lockSync, unlockSync };
