import express from 'express';
import { randomUUID } from 'node:crypto';
import { storage, type RequestContext } from './context';
import { archive } from './archive';

export const app = express();

app.use((req, _res, next) => {
  const context: RequestContext = { user: req.get('x-user') ?? 'anonymous', traceId: randomUUID() };
  storage.run(context, next);
});

app.delete('/documents/:id', async (req, res) => {
  res.json(await archive(req.params.id));
});
