import express from 'express';
import jwt from 'jsonwebtoken';
import { enter } from './context';
import { addDocument } from './documents';

export const app = express();
app.use(express.json());

app.use((req, _res, next) => {
  const claims = jwt.verify(req.header('authorization')!.slice(7), process.env.JWT_SECRET!) as { tid: string; sub: string };
  enter({ tenantId: claims.tid, userId: claims.sub }, next);
});

app.post('/documents', async (req, res) => {
  const id = await addDocument(req.body.title, req.body.body);
  res.status(201).json({ id });
});
