// pattern: files under a directory of the call's own
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

export async function render(markdown: string): Promise<Buffer> {
  const dir = await mkdtemp(join(tmpdir(), 'render-'));
  try {
    const source = join(dir, 'in.md');
    const target = join(dir, 'out.pdf');
    await writeFile(source, markdown);
    await run('pandoc', [source, '-o', target]);
    return await readFile(target);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
