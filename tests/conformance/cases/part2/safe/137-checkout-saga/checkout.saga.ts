// pattern: cross-file: atomic reservation, and the compensation gives back the difference
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
    if (!(await this.stock.take(sku, quantity))) return 'out-of-stock';
    try {
      await this.payments.charge(orderId, amountCents);
      return 'paid';
    } catch {
      await this.stock.giveBack(sku, quantity);
      return 'declined';
    }
  }
}
