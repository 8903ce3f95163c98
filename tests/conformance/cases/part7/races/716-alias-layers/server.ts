import express from 'express';
import { MemoryStockStore } from '@app/stock-store';
import { Reservations, type Couriers } from '@app/reservations';

export function server(couriers: Couriers) {
  const app = express();
  const reservations = new Reservations({ stock: new MemoryStockStore(), couriers });

  app.post('/reservations', async (req, res) => {
    const done = await reservations.reserve(req.body.sku, req.body.units);
    if (done) res.status(201).json(done);
    else res.sendStatus(409);
  });
  return app;
}
