import { ReadWriteLock } from './rwlock';
import { compile, type Template } from './compiler';

const lock = new ReadWriteLock();
const compiled = new Map<string, Template>();

export async function template(name: string): Promise<Template> {
  const endRead = await lock.read();
  try {
    const known = compiled.get(name);
    if (known) return known;
  } finally {
    endRead();
  }
  const endWrite = await lock.write();
  try {
    const fresh = compiled.get(name) ?? (await compile(name));
    compiled.set(name, fresh);
    return fresh;
  } finally {
    endWrite();
  }
}
