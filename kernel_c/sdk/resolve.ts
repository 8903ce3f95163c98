/** How `krepis run` and isolates find modules: `krepis` is this SDK, `express` the project's, and what Node alone does not try. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { extname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Compiler, type CompilerTask } from './compile.ts';

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

export function registerResolution(seen: Seen, task?: CompilerTask): void {
  const compiler = task && new Compiler(task);
  registerHooks({
    resolve(specifier, context, next) {
      const own = SDK[specifier];
      if (own !== undefined) {
        if (!context.parentURL?.startsWith(OWN)) seen.sdk();
        return { url: own, shortCircuit: true };
      }
      if (specifier === 'express' && context.parentURL?.startsWith(OWN))
        return next(specifier, { ...context, parentURL: pathToFileURL(`${process.cwd()}/`).href });
      const mapped = task && isProject(context.parentURL) ? mappedOf(specifier, task.paths, seen) : undefined;
      if (mapped !== undefined) return { url: pathToFileURL(mapped).href, shortCircuit: true };
      try {
        return next(specifier, context);
      } catch (error) {
        if (!RELATIVE.test(specifier) || context.parentURL === undefined) throw error;
        const wanted = fileURLToPath(new URL(specifier, context.parentURL));
        const found = alternative(wanted, seen);
        if (found === undefined) throw error;
        return { url: pathToFileURL(found).href, shortCircuit: true };
      }
    },
    load(url, context, next) {
      if (!isProject(url)) return next(url, context);
      const path = fileURLToPath(url);
      seen.file(path);
      const made = existsSync(path) ? compiler?.compiled(path, readFileSync(path, 'utf8')) : undefined;
      return made === undefined ? next(url, context) : { ...made, shortCircuit: true };
    },
  });
}

/** A file of the project's own. */
function isProject(url: string | undefined): url is string {
  return (url?.startsWith('file:') && !url.includes('/node_modules/') && !url.startsWith(OWN)) ?? false;
}

/** The file that `paths` of tsconfig.json has for a name: of the patterns that fit, the one with the longest start. */
function mappedOf(specifier: string, paths: CompilerTask['paths'], seen: Seen): string | undefined {
  if (RELATIVE.test(specifier) || specifier.startsWith('node:')) return undefined;
  const fitting = paths.flatMap(([pattern, targets]) => {
    const [start, end] = pattern.split('*') as [string, string | undefined];
    if (end === undefined)
      return specifier === pattern ? [{ length: Number.POSITIVE_INFINITY, targets, part: '' }] : [];
    const fits =
      specifier.length >= start.length + end.length && specifier.startsWith(start) && specifier.endsWith(end);
    const part = specifier.slice(start.length, specifier.length - end.length);
    return fits ? [{ length: start.length, targets, part }] : [];
  });
  for (const { targets, part } of fitting.sort((a, b) => b.length - a.length)) {
    for (const target of targets) {
      const path = target.replace('*', () => part);
      if (isFile(path)) return path;
      const found = alternative(path, seen);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function alternative(wanted: string, seen: Seen): string | undefined {
  seen.file(wanted);
  for (const [ending, others] of ENDINGS) {
    if (!ending.test(wanted)) continue;
    for (const other of others) {
      const path = wanted.replace(ending, other);
      seen.file(path);
      if (isFile(path)) return path;
    }
  }
  return undefined;
}
