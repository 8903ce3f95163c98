import { Cart } from './cart';

const carts: Record<number, Cart> = {};

export const cart = (id: number): Cart => (carts[id] ??= new Cart(id));

export async function mergeCarts(into: number, from: number): Promise<void> {
  if (into === from) return;
  await cart(into).absorb(cart(from));
}
