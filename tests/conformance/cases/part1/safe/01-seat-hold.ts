// pattern: seat reserved in the Set before the charge, given back when the charge fails
import type { PaymentGateway, Receipt } from './payment.gateway';

export class SeatTakenError extends Error {
  constructor(readonly seat: string) {
    super(`seat ${seat} is already sold`);
  }
}

export class BoxOffice {
  private readonly sold = new Set<string>();

  constructor(
    private readonly payments: PaymentGateway,
    private readonly priceCents: number,
  ) {}

  isFree(seat: string): boolean {
    return !this.sold.has(seat);
  }

  async book(seat: string, card: string): Promise<Receipt> {
    if (!this.isFree(seat)) {
      throw new SeatTakenError(seat);
    }
    this.sold.add(seat);
    try {
      return await this.payments.charge(card, this.priceCents);
    } catch (err) {
      this.sold.delete(seat);
      throw err;
    }
  }
}
