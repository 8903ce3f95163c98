// pattern: a directory walk with p-limit: a task waits for its children, which wait for the limit that it holds
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import express from 'express';
import pLimit from 'p-limit';

const limit = pLimit(2);

async function sizeOf(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.size;
  const names = await readdir(path);
  const sizes = await Promise.all(names.map((name) => limit(() => sizeOf(join(path, name))))); // RACE: deadlock
  return sizes.reduce((a, b) => a + b, 0);
}

express()
  .get('/usage/:tenant', async (req, res) => {
    res.json({ bytes: await limit(() => sizeOf(join('/srv/tenants', req.params.tenant))) });
  })
  .listen(3000);
