// pattern: the script checks
import express from 'express';
import { Redis } from 'ioredis';

const redis = new Redis();

const SPEND = `
if tonumber(redis.call('GET', KEYS[1]) or '0') < tonumber(ARGV[1]) then return -1 end
return redis.call('DECRBY', KEYS[1], ARGV[1])
`;

export const router = express.Router();

router.post('/credits/:user/spend', async (req, res, next) => {
  try {
    const key = `credits:${req.params.user}`;
    const amount = Number(req.body.amount);
    const left = Number(await redis.eval(SPEND, 1, key, amount));
    if (left < 0) return void res.sendStatus(402);
    res.json({ left });
  } catch (error) {
    next(error);
  }
});
