/**
 * The reference of an application at `/docs`, while it is developed: what `krepis docs` makes, made when it is first
 * asked for. A process of the next generation makes it anew, so it is that of the text which runs.
 */

import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Served } from '../host.ts';
import { type Reply, reply } from '../reply.ts';

/** What is run to make the files, and the folder that they are in then. */
export interface DocsTask {
  readonly command: readonly string[];
  readonly root: string;
  readonly folder: string;
}

const HTML = { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' };
const WAITING = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="1"><title>Krepis</title>
<style>body{font:16px system-ui,sans-serif;margin:15vh auto;max-width:32em;color-scheme:light dark}</style>
<p>Reading the routes and verifying their handlers. This page shows them when that is done.</p>`;

export function docsOf(task: DocsTask): Served[] {
  let state: 'none' | 'making' | 'made' = 'none';
  let failure = '';
  const make = (): void => {
    state = 'making';
    let said = '';
    const child = spawn(task.command[0] as string, task.command.slice(1), {
      cwd: task.root,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (data: Buffer) => {
      said = `${said}${data}`.slice(-2000);
    });
    child.on('error', (error) => {
      said = error.message;
    });
    child.on('close', (status) => {
      failure = status === 0 ? '' : said || `krepis docs ended with status ${status}`;
      state = 'made';
    });
    process.once('exit', () => child.kill());
  };
  const file = async (name: string, headers: Record<string, string>): Promise<Reply> => {
    if (state === 'none') make();
    if (state === 'making') return reply(WAITING, { status: 503, headers: { ...HTML, 'retry-after': '1' } });
    if (failure) {
      state = 'none'; // the next request tries again
      return reply(failure, { status: 503 });
    }
    return reply(await readFile(join(task.folder, name)), { headers });
  };
  const json = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  return [
    { path: '/docs', answer: () => file('index.html', HTML) },
    { path: '/docs/openapi.json', answer: () => file('openapi.json', json) },
  ];
}

/** Whether only this machine can ask an address. */
export function isLoopback(address: string): boolean {
  return address === 'localhost' || address === '::1' || address.startsWith('127.');
}
