import express from 'express';
import { randomUUID } from 'node:crypto';
import { storage, type RequestContext } from './context';
import { archive } from './archive';

const context: RequestContext = { user: 'anonymous', traceId: '' };

export const app = express();

app.use((req, _res, next) => {
  context.user = req.get('x-user') ?? 'anonymous';
  context.traceId = randomUUID();
  storage.run(context, next);
});

app.delete('/documents/:id', async (req, res) => {
  res.json(await archive(req.params.id));
});
