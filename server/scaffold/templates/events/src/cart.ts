/** What can happen to a cart, and what it is then. Nothing here waits or stores. */

export type CartEvent =
  | { readonly type: 'added'; readonly sku: string; readonly count: number }
  | { readonly type: 'removed'; readonly sku: string }
  | { readonly type: 'ordered' };

export interface Cart {
  readonly lines: Readonly<Record<string, number>>;
  readonly isOrdered: boolean;
}

export const EMPTY: Cart = { lines: {}, isOrdered: false };

export function after(cart: Cart, event: CartEvent): Cart {
  switch (event.type) {
    case 'added':
      return { ...cart, lines: { ...cart.lines, [event.sku]: (cart.lines[event.sku] ?? 0) + event.count } };
    case 'removed':
      return { ...cart, lines: Object.fromEntries(Object.entries(cart.lines).filter(([sku]) => sku !== event.sku)) };
    case 'ordered':
      return { ...cart, isOrdered: true };
  }
}

/** Why an event must not happen to a cart; nothing when it may. */
export function refusal(cart: Cart, event: CartEvent): string | undefined {
  if (cart.isOrdered) return 'the cart is ordered';
  if (event.type === 'removed' && !Object.hasOwn(cart.lines, event.sku)) return 'the cart has no such line';
  if (event.type === 'ordered' && Object.keys(cart.lines).length === 0) return 'the cart is empty';
  return undefined;
}
