import express from 'express';
import { moveStock } from './warehouse/moves';

const app = express();
app.use(express.json());

app.post('/moves', async (req, res) => {
  const { from, to, sku, count } = req.body;
  if (from === to) return res.status(400).json({ error: 'same shelf' });
  await moveStock(from, to, sku, count);
  res.sendStatus(204);
});

export { app };
