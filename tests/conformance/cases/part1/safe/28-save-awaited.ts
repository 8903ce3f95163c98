// pattern: one conditional update is awaited before the answer; the statistics call is deliberately left alone
import Koa from 'koa';
import Router from '@koa/router';
import { OrderModel } from './models/order';
import { mailer } from './mailer';
import { stats } from './stats';

export const router = new Router<Koa.DefaultState, Koa.DefaultContext>();

router.post('/orders/:id/confirm', async (ctx) => {
  const order = await OrderModel.findOneAndUpdate(
    { _id: ctx.params.id, status: 'pending' },
    { $set: { status: 'confirmed', confirmedAt: new Date() } },
    { new: true },
  );
  if (!order) {
    ctx.throw(409, 'no pending order');
  }
  await mailer.send(order.email, `Order ${order.number} is confirmed`);
  void stats.count('orders.confirmed').catch(() => undefined);
  ctx.status = 200;
  ctx.body = { id: order.id, status: order.status };
});
