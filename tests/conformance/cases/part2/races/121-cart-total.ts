// pattern: Mongoose document loaded, numbers recomputed, save() sets them
import type { RequestHandler } from 'express';
import { Cart } from '../models/cart.model';
import { fetchPrice } from '../services/catalog';

export const addToCart: RequestHandler = async (req, res, next) => {
  try {
    const { productId, quantity } = req.body;
    const cart = await Cart.findOne({ owner: req.params.userId });
    if (!cart) {
      res.sendStatus(404);
      return;
    }
    const price = await fetchPrice(productId);
    cart.total = cart.total + price * quantity;
    cart.itemCount = cart.itemCount + quantity;
    await cart.save(); // RACE: lost-update
    res.json({ total: cart.total, itemCount: cart.itemCount });
  } catch (err) {
    next(err);
  }
};
