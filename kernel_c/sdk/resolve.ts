/** How `krepis run` and isolates find modules: `krepis` is this SDK, `express` the project's, and what Node alone does not try. */

import { existsSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface Seen {
  /** A file of the project was loaded, or was looked for in vain. */
  file(path: string): void;
  /** The program imports the SDK. */
  sdk(): void;
}

/** `.ts` in the sources, `.js` in the package. */
const ENDING = extname(import.meta.filename);
const SDK: Readonly<Record<string, string>> = {
  krepis: new URL(`index${ENDING}`, import.meta.url).href,
  'krepis/http': new URL(`http/index${ENDING}`, import.meta.url).href,
  'krepis/express': new URL(`express/index${ENDING}`, import.meta.url).href,
};
const OWN = new URL('.', import.meta.url).href;
const RELATIVE = /^(?:\.{1,2}\/|\/|file:)/;
/** Endings to try when there is no such file, by what the specifier ends in. */
const ENDINGS: readonly [RegExp, readonly string[]][] = [
  [/\.js$/, ['.ts', '.tsx']],
  [/\.mjs$/, ['.mts']],
  [/\.cjs$/, ['.cts']],
  [/$/, ['.ts', '.tsx', '.js', '/index.ts', '/index.js']],
];

export function registerResolution(seen: Seen): void {
  registerHooks({
    resolve(specifier, context, next) {
      const own = SDK[specifier];
      if (own !== undefined) {
        if (!context.parentURL?.startsWith(OWN)) seen.sdk();
        return { url: own, shortCircuit: true };
      }
      if (specifier === 'express' && context.parentURL?.startsWith(OWN))
        return next(specifier, { ...context, parentURL: pathToFileURL(`${process.cwd()}/`).href });
      try {
        return next(specifier, context);
      } catch (error) {
        if (!RELATIVE.test(specifier) || context.parentURL === undefined) throw error;
        const wanted = fileURLToPath(new URL(specifier, context.parentURL));
        const found = alternative(wanted, seen);
        if (found === undefined) throw error;
        return next(pathToFileURL(found).href, context);
      }
    },
    load(url, context, next) {
      if (url.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(OWN)) {
        seen.file(fileURLToPath(url));
      }
      return next(url, context);
    },
  });
}

function alternative(wanted: string, seen: Seen): string | undefined {
  seen.file(wanted);
  for (const [ending, others] of ENDINGS) {
    if (!ending.test(wanted)) continue;
    for (const other of others) {
      const path = wanted.replace(ending, other);
      seen.file(path);
      if (existsSync(path) && statSync(path).isFile()) return path;
    }
  }
  return undefined;
}
