// pattern: mongodb: an invitation is looked up, its uses compared, then counted by id alone
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
  const invite = await invites.findOne({ code: c.req.param('code') });
  if (!invite || invite.uses >= invite.maxUses) return c.json({ error: 'invalid invite' }, 410);
  const { userId } = await c.req.json();
  await memberships.create(invite.teamId, userId); // RACE: check-then-act
  await invites.updateOne({ code: invite.code }, { $inc: { uses: 1 } }); // RACE: check-then-act
  return c.json({ teamId: invite.teamId }, 201);
});
