import { ReadWriteLock } from './rwlock';
import { compile, type Template } from './compiler';

const lock = new ReadWriteLock();
const compiled = new Map<string, Template>();

export async function template(name: string): Promise<Template> {
  const endRead = await lock.read();
  try {
    const known = compiled.get(name);
    if (known) return known;
    const endWrite = await lock.write(); // RACE: deadlock
    try {
      const fresh = await compile(name);
      compiled.set(name, fresh);
      return fresh;
    } finally {
      endWrite();
    }
  } finally {
    endRead();
  }
}
