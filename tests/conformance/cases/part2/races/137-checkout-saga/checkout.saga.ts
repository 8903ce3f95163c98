// pattern: cross-file: the reservation is atomic, but the compensation restores a level read before it
import { PaymentClient } from './payment.client';
import { StockRepository } from './stock.repository';

export interface Checkout {
  orderId: string;
  sku: string;
  quantity: number;
  amountCents: number;
}

export class CheckoutSaga {
  constructor(
    private readonly stock: StockRepository,
    private readonly payments: PaymentClient,
  ) {}

  async run({ orderId, sku, quantity, amountCents }: Checkout): Promise<'paid' | 'out-of-stock' | 'declined'> {
    const levelBefore = await this.stock.level(sku);
    if (!(await this.stock.take(sku, quantity))) return 'out-of-stock';
    try {
      await this.payments.charge(orderId, amountCents);
      return 'paid';
    } catch {
      await this.stock.setLevel(sku, levelBefore); // RACE: lost-update
      return 'declined';
    }
  }
}
