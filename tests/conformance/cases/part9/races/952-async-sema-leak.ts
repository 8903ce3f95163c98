// pattern: async-sema: the permit is not given back when the render fails
import { Sema } from 'async-sema';
import Koa from 'koa';
import { browser } from './browser';

const pages = new Sema(2);

export const app = new Koa();

app.use(async (ctx) => {
  await pages.acquire(); // RACE: lock-leak
  const page = await browser.render(ctx.path);
  ctx.type = 'application/pdf';
  ctx.body = page;
  pages.release();
});
