// pattern: module variables assigned after awaits in main(), which runs once and only then starts to listen
import express from 'express';
import { readFile } from 'node:fs/promises';
import { connect, type Store } from './store';

interface Config {
  port: number;
  currency: string;
  storeUrl: string;
}

let config: Config;
let store: Store;

const app = express();

app.get('/prices/:sku', async (req, res, next) => {
  try {
    const price = await store.priceOf(req.params.sku);
    res.json({ price, currency: config.currency });
  } catch (err) {
    next(err);
  }
});

async function main(): Promise<void> {
  config = JSON.parse(await readFile('config.json', 'utf8')) as Config;
  store = await connect(config.storeUrl);
  app.listen(config.port, () => console.log(`listening on ${config.port}`));
}

main().catch((err) => {
  console.error(err);
  process.exit(1);
});
