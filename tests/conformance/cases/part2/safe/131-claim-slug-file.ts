// pattern: written with flag 'wx'; EEXIST is the answer of the look-up
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export class SlugTakenError extends Error {}

const isExisting = (e: unknown): boolean => (e as NodeJS.ErrnoException).code === 'EEXIST';

export async function publish(root: string, slug: string, html: string): Promise<string> {
  const file = join(root, 'posts', `${slug}.html`);
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(file, html, { encoding: 'utf8', flag: 'wx' });
  } catch (e) {
    if (isExisting(e)) throw new SlugTakenError(slug);
    throw e;
  }
  return `/posts/${slug}`;
}
