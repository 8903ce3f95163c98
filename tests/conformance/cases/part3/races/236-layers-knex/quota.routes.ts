import { Router } from 'express';
import { knex } from 'knex';
import { QuotaRepository } from './quota.repository';
import { QuotaService } from './quota.service';

const service = new QuotaService(new QuotaRepository(knex({ client: 'pg' })));
export const router = Router();

router.post('/tenants/:tenant/uploads', async (req, res, next) => {
  try {
    res.json({ left: await service.consume(req.params.tenant, Number(req.body.bytes)) });
  } catch (err) {
    next(err);
  }
});
