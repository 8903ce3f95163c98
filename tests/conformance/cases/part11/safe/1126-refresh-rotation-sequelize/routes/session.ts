import { Router } from 'express';
import { SessionService } from '../services/session.service';

export default function sessionRoutes(service = new SessionService()): Router {
  const router = Router();
  router.post('/session/refresh', async (req, res) => {
    try {
      res.json({ refreshToken: await service.rotate(req.body.refreshToken) });
    } catch {
      res.status(401).end();
    }
  });
  return router;
}
