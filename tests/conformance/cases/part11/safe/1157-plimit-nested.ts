// pattern: only the file call takes a slot, not the walk that waits for children
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import express from 'express';
import pLimit from 'p-limit';

const limit = pLimit(2);

async function sizeOf(path: string): Promise<number> {
  const info = await limit(() => stat(path));
  if (!info.isDirectory()) return info.size;
  const names = await limit(() => readdir(path));
  const sizes = await Promise.all(names.map((name) => sizeOf(join(path, name))));
  return sizes.reduce((a, b) => a + b, 0);
}

express()
  .get('/usage/:tenant', async (req, res) => {
    res.json({ bytes: await sizeOf(join('/srv/tenants', req.params.tenant)) });
  })
  .listen(3000);
