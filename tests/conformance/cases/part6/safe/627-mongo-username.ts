import { MongoClient } from 'mongodb';
import type { Context } from 'koa';

const users = new MongoClient(process.env.MONGO_URL!).db('app').collection('users');

export async function register(ctx: Context) {
  const { name, password } = ctx.request.body as { name: string; password: string };
  const { upsertedCount } = await users.updateOne(
    { name },
    { $setOnInsert: { name, password, createdAt: new Date() } },
    { upsert: true },
  );
  if (upsertedCount === 0) ctx.throw(409, 'name is taken');
  ctx.status = 201;
}
