import Koa from 'koa';
import Router from '@koa/router';
import { settings, currentRevision } from './settings';
import { labels } from './labels';

const router = new Router();

router.post('/tags/:id', async (ctx) => {
  const { tags } = settings;
  const label = await labels.nameOf(ctx.params.id);
  settings.tags = [...tags, label]; // RACE: lost-update
  ctx.body = { tags: settings.tags, revision: currentRevision() };
});

router.get('/tags', (ctx) => {
  ctx.body = settings.tags;
});

export const app = new Koa().use(router.routes()).use(router.allowedMethods());
