import type { Tx } from './db.js';

export interface GiftCard {
  code: string;
  balanceCents: number;
  expiresAt: Date | null;
}

export async function findCard(tx: Tx, code: string): Promise<GiftCard | undefined> {
  const [card] = await tx<GiftCard[]>`
    select code, balance_cents, expires_at
      from gift_cards
     where code = ${code}
  `;
  return card;
}

export const setBalance = (tx: Tx, code: string, balanceCents: number) =>
  tx`update gift_cards set balance_cents = ${balanceCents} where code = ${code}`;

export const recordUse = (tx: Tx, code: string, orderId: string, cents: number) =>
  tx`insert into gift_card_uses ${tx({ code, order_id: orderId, cents })}`;
