// pattern: the permit is given back in a finally
import { Sema } from 'async-sema';
import Koa from 'koa';
import { browser } from './browser';

const pages = new Sema(2);

export const app = new Koa();

app.use(async (ctx) => {
  await pages.acquire();
  try {
    const page = await browser.render(ctx.path);
    ctx.type = 'application/pdf';
    ctx.body = page;
  } finally {
    pages.release();
  }
});
