// pattern: uses are part of the filter of findOneAndUpdate
import { Hono } from 'hono';
import { MongoClient } from 'mongodb';
import { memberships } from './memberships';

interface Invite {
  code: string;
  teamId: string;
  uses: number;
  maxUses: number;
}

const invites = new MongoClient(process.env.MONGO_URL!).db('app').collection<Invite>('invites');

export const app = new Hono();

app.post('/invites/:code/accept', async (c) => {
  const { userId } = await c.req.json();
  const invite = await invites.findOneAndUpdate(
    { code: c.req.param('code'), $expr: { $lt: ['$uses', '$maxUses'] } },
    { $inc: { uses: 1 } },
    { returnDocument: 'after' },
  );
  if (!invite) return c.json({ error: 'invalid invite' }, 410);
  await memberships.create(invite.teamId, userId);
  return c.json({ teamId: invite.teamId }, 201);
});
