import { Router } from 'express';
import { watchers } from './registry';
import { resolveDevice } from './devices';

export const router = Router();

router.post('/watch/:topic', async (req, res) => {
  const device = await resolveDevice(req.body.token);
  watchers.set(req.params.topic, [...(watchers.get(req.params.topic) ?? []), device]);
  res.sendStatus(204);
});
