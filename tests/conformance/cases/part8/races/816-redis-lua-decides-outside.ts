// pattern: credit checked in JavaScript, spent by a script that does not check
import express from 'express';
import { Redis } from 'ioredis';

const redis = new Redis();

const SPEND = `
return redis.call('DECRBY', KEYS[1], ARGV[1])
`;

export const router = express.Router();

router.post('/credits/:user/spend', async (req, res, next) => {
  try {
    const key = `credits:${req.params.user}`;
    const amount = Number(req.body.amount);
    if (Number(await redis.get(key)) < amount) return void res.sendStatus(402);
    const left = Number(await redis.eval(SPEND, 1, key, amount)); // RACE: check-then-act
    res.json({ left });
  } catch (error) {
    next(error);
  }
});
