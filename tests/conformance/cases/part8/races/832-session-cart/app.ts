import cookieParser from 'cookie-parser';
import express from 'express';
import { addToCart, loadSession, saveSession, type Session } from './session';

export const app = express();
app.use(express.json(), cookieParser(), loadSession);

app.post('/cart', async (req, res, next) => {
  const session: Session = res.locals.session;
  const { sku, quantity } = req.body;
  try {
    session.cart.push({ sku, quantity });
    await saveSession(session); // RACE: lost-update
    res.status(204).end();
  } catch (error) {
    next(error);
  }
});
