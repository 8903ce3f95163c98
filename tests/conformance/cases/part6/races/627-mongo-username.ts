import { MongoClient } from 'mongodb';
import type { Context } from 'koa';

const users = new MongoClient(process.env.MONGO_URL!).db('app').collection('users');

export async function register(ctx: Context) {
  const { name, password } = ctx.request.body as { name: string; password: string };
  const existing = await users.findOne({ name });
  if (existing) ctx.throw(409, 'name is taken');
  await users.insertOne({ name, password, createdAt: new Date() }); // RACE: check-then-act
  ctx.status = 201;
}
