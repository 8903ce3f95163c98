import cookieParser from 'cookie-parser';
import express from 'express';
import { addToCart, loadSession, saveSession, type Session } from './session';

export const app = express();
app.use(express.json(), cookieParser(), loadSession);

app.post('/cart', async (req, res, next) => {
  const session: Session = res.locals.session;
  const { sku, quantity } = req.body;
  try {
    await addToCart(session.id, sku, quantity);
    await saveSession(session);
    res.status(204).end();
  } catch (error) {
    next(error);
  }
});
