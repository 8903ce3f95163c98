// pattern: read, merge and write run in a p-queue of one
import { readFile, writeFile } from 'node:fs/promises';
import Router from '@koa/router';
import PQueue from 'p-queue';

const FILE = process.env.SETTINGS_FILE ?? './settings.json';
const queue = new PQueue({ concurrency: 1 });
export const router = new Router();

router.patch('/settings', async (ctx) => {
  ctx.body = await queue.add(async () => {
    const current = JSON.parse(await readFile(FILE, 'utf8')) as Record<string, unknown>;
    const next = { ...current, ...(ctx.request.body as Record<string, unknown>) };
    await writeFile(FILE, JSON.stringify(next, null, 2));
    return next;
  });
});
