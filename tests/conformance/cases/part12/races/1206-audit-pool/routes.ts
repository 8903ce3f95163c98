import express from 'express';
import { audit } from './audit';
import { withTransaction } from './db';

const app = express();
app.use(express.json());

app.post('/users/:id/suspend', async (req, res) => {
  const changed = await withTransaction(async (client) => {
    const result = await client.query('UPDATE users SET suspended = true WHERE id = $1', [req.params.id]);
    await audit(req.body.actor, `suspend ${req.params.id}`);
    return result.rowCount;
  });
  res.json({ changed });
});

export default app;
