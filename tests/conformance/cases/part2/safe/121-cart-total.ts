// pattern: findOneAndUpdate with $inc and $push, the new document is the answer
import type { RequestHandler } from 'express';
import { Cart } from '../models/cart.model';
import { fetchPrice } from '../services/catalog';

export const addToCart: RequestHandler = async (req, res, next) => {
  try {
    const { productId, quantity } = req.body;
    const price = await fetchPrice(productId);
    const cart = await Cart.findOneAndUpdate(
      { owner: req.params.userId },
      { $inc: { total: price * quantity, itemCount: quantity }, $push: { items: { productId, quantity, price } } },
      { new: true },
    );
    if (!cart) {
      res.sendStatus(404);
      return;
    }
    res.json({ total: cart.total, itemCount: cart.itemCount });
  } catch (err) {
    next(err);
  }
};
