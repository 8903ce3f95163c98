// pattern: existence tested with access(), then written: the second publication replaces the first
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export class SlugTakenError extends Error {}

const exists = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

export async function publish(root: string, slug: string, html: string): Promise<string> {
  const file = join(root, 'posts', `${slug}.html`);
  await mkdir(dirname(file), { recursive: true });
  if (await exists(file)) {
    throw new SlugTakenError(slug);
  }
  await writeFile(file, html, 'utf8'); // RACE: check-then-act
  return `/posts/${slug}`;
}
