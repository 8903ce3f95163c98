/** `types/`, which `krepis init` puts into projects, is what the compiler makes of the SDK (npm run declarations). */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const ROOT = join(import.meta.dirname, '..');

function contents(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.d.ts'))
      .sort()
      .map((name) => [name, readFileSync(join(folder, name), 'utf8')]),
  );
}

test('the declarations are up to date', () => {
  const folder = mkdtempSync(join(tmpdir(), 'krepis-types-'));
  try {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const project = ['-p', 'tsconfig.build.json', '--emitDeclarationOnly', '--outDir', folder];
    execFileSync(process.execPath, [compiler, ...project], { cwd: ROOT });
    assert.deepEqual(contents(join(ROOT, 'types')), contents(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
