// pattern: per-document mutex with a count of its users, dropped from the Map by the last one
import { Mutex } from 'async-mutex';

interface Doc {
  text: string;
  version: number;
}

interface Entry {
  readonly mutex: Mutex;
  users: number;
}

const locks = new Map<string, Entry>();
const docs = new Map<string, Doc>();

async function withDoc<T>(id: string, work: () => Promise<T>): Promise<T> {
  let entry = locks.get(id);
  if (!entry) {
    entry = { mutex: new Mutex(), users: 0 };
    locks.set(id, entry);
  }
  entry.users += 1;
  const release = await entry.mutex.acquire();
  try {
    return await work();
  } finally {
    release();
    entry.users -= 1;
    if (entry.users === 0) locks.delete(id);
  }
}

export function applyPatch(id: string, patch: string, merge: (text: string, patch: string) => Promise<string>) {
  return withDoc(id, async () => {
    const doc = docs.get(id) ?? { text: '', version: 0 };
    const text = await merge(doc.text, patch);
    const next: Doc = { text, version: doc.version + 1 };
    docs.set(id, next);
    return next.version;
  });
}
