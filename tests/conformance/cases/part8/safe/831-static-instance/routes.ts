import { Router } from 'express';
import { Broker } from './broker';

export const routes = Router();

routes.post('/jobs', async (req, res) => {
  const broker = await Broker.instance();
  broker.publish('jobs', req.body);
  res.sendStatus(202);
});
