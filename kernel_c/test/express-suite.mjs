/**
 * Express's own test suite on the kernel: `node test/express-suite.mjs CHECKOUT [mocha's arguments]`.
 *
 * CHECKOUT is a clone of expressjs/express whose dependencies are installed. Its code is not touched: this file is also
 * what mocha loads first, and then `http.createServer` is that of `krepis/http`, and what the tests find as `../` is
 * what `krepis/express` gives.
 */

import { spawnSync } from 'node:child_process';
import http from 'node:http';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const CHECKOUT = 'KREPIS_EXPRESS_CHECKOUT';

if (import.meta.main) {
  const [checkout, ...more] = process.argv.slice(2);
  if (checkout === undefined) {
    process.stderr.write('usage: node test/express-suite.mjs CHECKOUT [argument of mocha ...]\n');
    process.exit(2);
  }
  const cwd = resolve(checkout);
  const mocha = [`${cwd}/node_modules/mocha/bin/mocha.js`, '--require', 'test/support/env'];
  const files = ['--require', import.meta.filename, '--check-leaks', 'test/', 'test/acceptance/'];
  const done = spawnSync(process.execPath, [...mocha, ...more, ...files], {
    cwd,
    stdio: 'inherit',
    env: { ...process.env, [CHECKOUT]: cwd, NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
  });
  process.exit(done.status ?? 1);
}

const express = pathToFileURL(`${process.env[CHECKOUT]}/index.js`).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'express' ? { url: express, shortCircuit: true } : next(specifier, context),
});
const { createServer } = await import('../sdk/http/index.ts');
await import('../sdk/express/index.ts');
http.createServer = createServer;
