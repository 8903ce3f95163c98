// pattern: per-document mutex dropped from the Map while others wait on it; a third caller gets a fresh one
import { Mutex } from 'async-mutex';

interface Doc {
  text: string;
  version: number;
}

const locks = new Map<string, Mutex>();
const docs = new Map<string, Doc>();

async function withDoc<T>(id: string, work: () => Promise<T>): Promise<T> {
  let mutex = locks.get(id);
  if (!mutex) {
    mutex = new Mutex();
    locks.set(id, mutex);
  }
  const release = await mutex.acquire();
  try {
    return await work();
  } finally {
    release();
    locks.delete(id); // RACE: order-violation
  }
}

export function applyPatch(id: string, patch: string, merge: (text: string, patch: string) => Promise<string>) {
  return withDoc(id, async () => {
    const doc = docs.get(id) ?? { text: '', version: 0 };
    const text = await merge(doc.text, patch);
    const next: Doc = { text, version: doc.version + 1 };
    docs.set(id, next); // RACE: lost-update
    return next.version;
  });
}
