/**
 * Finds the server: the setting `krepis.path`, then the environment variable `KREPIS_PATH`, then a server that
 * came with the extension, then `krepis` on the `PATH`.
 *
 * The first that is named is taken, or is an error: a path that someone wrote down is never silently ignored.
 * Nothing in a workspace is looked for by itself, so opening a folder cannot choose what is started.
 */

import { execFile } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const OLDEST = [0, 1, 0] as const;
const WINDOWS = process.platform === 'win32';
const NAME = WINDOWS ? 'krepis.exe' : 'krepis';

export interface Server {
  readonly command: string;
  readonly version: string;
  /** Where it was found, in words. */
  readonly origin: string;
}

/** Why there is no server, in words for the user. */
export class NoServer extends Error {}

export interface Places {
  readonly setting: string;
  /** What a relative setting is relative to. */
  readonly folder: string | undefined;
  readonly environment: NodeJS.ProcessEnv;
  readonly extension: string;
}

/** The executable to start, and where it was found. Throws NoServer. */
export function locate(places: Places): { command: string; origin: string } {
  const named = [
    [places.setting, 'the setting krepis.path'],
    [places.environment.KREPIS_PATH ?? '', 'the environment variable KREPIS_PATH'],
  ] as const;
  for (const [name, origin] of named) {
    if (!name) continue;
    const command = expand(name, places);
    if (!executable(command)) throw new NoServer(`${origin} names ${command}, which cannot be executed.`);
    return { command, origin };
  }
  const bundled = join(places.extension, 'server', 'bin', NAME);
  if (executable(bundled)) return { command: bundled, origin: 'the extension' };
  for (const folder of (places.environment.PATH ?? '').split(delimiter)) {
    const command = join(folder, NAME);
    if (isAbsolute(folder) && executable(command)) return { command, origin: 'the PATH' };
  }
  throw new NoServer(
    'krepis is not installed: it is neither on the PATH nor named by the setting krepis.path.',
  );
}

/** Asks an executable for its version. Throws NoServer when it is not Krepis, or too old. */
export async function check(found: { command: string; origin: string }): Promise<Server> {
  const output = await promisify(execFile)(found.command, ['--version'], { timeout: 20_000 }).then(
    ({ stdout }) => stdout,
    (error: Error) => {
      throw new NoServer(`${found.command} --version failed: ${error.message}`);
    },
  );
  const version = /^krepis (\d+)\.(\d+)\.(\d+)\S*/.exec(output.trim());
  if (!version)
    throw new NoServer(
      `${found.command} is not Krepis: --version says ${JSON.stringify(output.slice(0, 80))}.`,
    );
  const numbers = version.slice(1).map(Number);
  const difference = OLDEST.map((oldest, index) => (numbers[index] ?? 0) - oldest).find((n) => n !== 0) ?? 0;
  if (difference < 0)
    throw new NoServer(`${version[0]} is too old; this extension needs ${OLDEST.join('.')} or newer.`);
  return { ...found, version: version[0].slice('krepis '.length) };
}

function expand(name: string, { environment, folder }: Places): string {
  const home = environment[WINDOWS ? 'USERPROFILE' : 'HOME'];
  if (home && /^~[/\\]/.test(name)) return join(home, name.slice(2));
  return folder ? resolve(folder, name) : resolve(name);
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
