import Koa from 'koa';
import Router from '@koa/router';
import bodyParser from 'koa-bodyparser';
import { OutOfStock, ship } from './stock';

const router = new Router();

router.post('/items/:id/shipments', async (ctx) => {
  try {
    ctx.body = await ship(Number(ctx.params.id), (ctx.request.body as { qty: number }).qty);
  } catch (err) {
    if (!(err instanceof OutOfStock)) throw err;
    ctx.status = 409;
  }
});

export const app = new Koa().use(bodyParser()).use(router.routes());
