import cron from 'node-cron';
import { hit, takeAll } from './counters';
import { app } from './app';
import { warehouse } from './warehouse';

cron.schedule('*/5 * * * *', async () => {
  for (const [page, views] of takeAll()) {
    await warehouse.insert('page_views', { page, views });
  }
});

app.get('/track', (req, res) => {
  hit(String(req.query.page));
  res.status(204).end();
});
