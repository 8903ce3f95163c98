// pattern: Koa and ioredis: stock is compared with GET, then taken with DECRBY
import Router from '@koa/router';
import Redis from 'ioredis';
import { orders } from './orders';

const redis = new Redis();
export const router = new Router();

router.post('/drops/:sku/buy', async (ctx) => {
  const key = `drop:${ctx.params.sku}:left`;
  const left = Number((await redis.get(key)) ?? '0');
  if (left < 1) {
    ctx.status = 409;
    return;
  }
  await redis.decrby(key, 1); // RACE: check-then-act
  ctx.body = await orders.place(ctx.params.sku, ctx.state.userId); // RACE: check-then-act
});
