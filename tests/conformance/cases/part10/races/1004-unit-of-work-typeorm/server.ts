import 'reflect-metadata';
import express from 'express';
import { container } from 'tsyringe';
import { DataSource } from 'typeorm';
import { NotEnoughCredits, PurchaseService } from './purchase.service';
import { Purchase, Wallet } from './wallet.entity';

const dataSource = new DataSource({ type: 'postgres', url: process.env.DATABASE_URL, entities: [Wallet, Purchase] });
container.registerInstance(DataSource, dataSource);

const app = express();
app.use(express.json());

app.post('/wallets/:id/purchases', async (req, res, next) => {
  try {
    const purchases = container.resolve(PurchaseService);
    res.status(201).json(await purchases.buy(req.params.id, req.body.itemId, req.body.price));
  } catch (error) {
    if (error instanceof NotEnoughCredits) res.status(402).end();
    else next(error);
  }
});

dataSource.initialize().then(() => app.listen(3000));
