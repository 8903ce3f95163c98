// pattern: user of the request parked in a module variable and read again after another await
import { Router } from 'express';
import { users, notes, type User } from '../db';
import { sanitize } from '../lib/sanitize';

let currentUser: User | null = null;

export const router = Router();

router.post('/notes', async (req, res, next) => {
  try {
    currentUser = await users.findByToken(req.header('authorization') ?? '');
    if (currentUser === null) {
      res.sendStatus(401);
      return;
    }
    const text = await sanitize(req.body.text);
    const note = await notes.insert({ ownerId: currentUser.id, text }); // RACE: stale-read
    res.status(201).json(note);
  } catch (err) {
    next(err);
  }
});
