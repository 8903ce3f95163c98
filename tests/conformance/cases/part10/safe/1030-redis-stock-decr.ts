// pattern: taken with DECRBY first and given back when it went below zero
import Router from '@koa/router';
import Redis from 'ioredis';
import { orders } from './orders';

const redis = new Redis();
export const router = new Router();

router.post('/drops/:sku/buy', async (ctx) => {
  const key = `drop:${ctx.params.sku}:left`;
  const left = await redis.decrby(key, 1);
  if (left < 0) {
    await redis.incrby(key, 1);
    ctx.status = 409;
    return;
  }
  ctx.body = await orders.place(ctx.params.sku, ctx.state.userId);
});
