// pattern: `return convert()` inside try/finally: the temporary folder is removed while the conversion runs
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { convert } from './pandoc';

export interface Upload {
  name: string;
  content: Buffer;
}

export async function toPdf(upload: Upload): Promise<Buffer> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'convert-'));
  const input = path.join(folder, path.basename(upload.name));
  try {
    await writeFile(input, upload.content);
    return convert(input, { to: 'pdf', cwd: folder }); // RACE: floating-promise
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
