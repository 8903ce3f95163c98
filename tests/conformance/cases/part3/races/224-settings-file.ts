// pattern: settings file read, merged and written back without a queue
import { readFile, writeFile } from 'node:fs/promises';
import Router from '@koa/router';

const FILE = process.env.SETTINGS_FILE ?? './settings.json';
export const router = new Router();

router.patch('/settings', async (ctx) => {
  const current = JSON.parse(await readFile(FILE, 'utf8')) as Record<string, unknown>;
  const next = { ...current, ...(ctx.request.body as Record<string, unknown>) };
  await writeFile(FILE, JSON.stringify(next, null, 2)); // RACE: lost-update
  ctx.body = next;
});
