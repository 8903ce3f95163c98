import { Router } from 'express';
import { changePrice, getProduct } from './products';

export const router = Router();

router.get('/products/:id', async (req, res) => {
  const product = await getProduct(req.params.id);
  if (product === null) res.sendStatus(404);
  else res.json(product);
});

router.patch('/products/:id/price', async (req, res) => {
  await changePrice(req.params.id, req.body.priceCents);
  res.sendStatus(204);
});
