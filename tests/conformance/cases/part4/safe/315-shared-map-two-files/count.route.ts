import { Router } from 'express';
import { watchers } from './registry';

export const router = Router();

router.get('/watch/:topic/count', async (req, res) => {
  res.json({ count: (watchers.get(req.params.topic) ?? []).length });
});
