// pattern: order.save() without await before the answer and the mail that rely on it
import Koa from 'koa';
import Router from '@koa/router';
import { OrderModel } from './models/order';
import { mailer } from './mailer';

export const router = new Router<Koa.DefaultState, Koa.DefaultContext>();

router.post('/orders/:id/confirm', async (ctx) => {
  const order = await OrderModel.findById(ctx.params.id);
  if (!order) {
    ctx.throw(404, 'no such order');
  }
  order.status = 'confirmed';
  order.confirmedAt = new Date();
  order.save(); // RACE: floating-promise
  await mailer.send(order.email, `Order ${order.number} is confirmed`);
  ctx.status = 200;
  ctx.body = { id: order.id, status: order.status };
});
