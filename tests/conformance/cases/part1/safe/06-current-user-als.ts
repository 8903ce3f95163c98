// pattern: user of the request kept in an AsyncLocalStorage store that belongs to this request
import { AsyncLocalStorage } from 'node:async_hooks';
import { Router } from 'express';
import { users, notes, type User } from '../db';
import { sanitize } from '../lib/sanitize';

interface RequestContext {
  user: User | null;
  steps: number;
}

const context = new AsyncLocalStorage<RequestContext>();

function currentUser(): User {
  const user = context.getStore()?.user;
  if (!user) throw new Error('not authenticated');
  return user;
}

async function createNote(raw: string) {
  const text = await sanitize(raw);
  const store = context.getStore();
  if (store) store.steps += 1;
  return notes.insert({ ownerId: currentUser().id, text });
}

export const router = Router();

router.post('/notes', (req, res, next) => {
  context.run({ user: null, steps: 0 }, async () => {
    try {
      const store = context.getStore()!;
      store.user = await users.findByToken(req.header('authorization') ?? '');
      res.status(201).json(await createNote(req.body.text));
    } catch (err) {
      next(err);
    }
  });
});
