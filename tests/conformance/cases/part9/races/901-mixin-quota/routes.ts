import { Router } from 'express';
import { uploads } from './uploads';

export const routes = Router();

routes.put('/tenants/:tenant/blobs', async (req, res, next) => {
  try {
    const used = await uploads.account(req.params.tenant, req.body);
    res.status(201).json({ used });
  } catch (error) {
    next(error);
  }
});
