// pattern: ws server: an edit is transformed against the text of a document that another edit replaces meanwhile
export class Doc {
  text = '';
  revision = 0;
  tail: Promise<unknown> = Promise.resolve();

  enqueue<T>(work: () => Promise<T>): Promise<T> {
    const next = this.tail.then(work, work);
    this.tail = next.catch(() => undefined);
    return next;
  }
}

const docs = new Map<string, Doc>();

export function open(id: string): Doc {
  const known = docs.get(id);
  if (known) return known;
  const fresh = new Doc();
  docs.set(id, fresh);
  return fresh;
}
