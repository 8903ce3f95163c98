import cron from 'node-cron';
import { all, hit, reset } from './counters';
import { app } from './app';
import { warehouse } from './warehouse';

cron.schedule('*/5 * * * *', async () => {
  for (const [page, views] of all()) {
    await warehouse.insert('page_views', { page, views });
  }
  reset(); // RACE: lost-update
});

app.get('/track', (req, res) => {
  hit(String(req.query.page));
  res.status(204).end();
});
