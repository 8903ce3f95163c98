import { Router } from 'express';
import { watchers } from './registry';
import { resolveDevice } from './devices';

export const router = Router();

router.post('/watch/:topic', async (req, res) => {
  const current = watchers.get(req.params.topic) ?? [];
  const device = await resolveDevice(req.body.token);
  watchers.set(req.params.topic, [...current, device]); // RACE: lost-update
  res.sendStatus(204);
});
