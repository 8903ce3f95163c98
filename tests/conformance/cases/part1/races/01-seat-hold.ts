// pattern: seat looked up in a Set, card charged, seat added to the Set afterwards
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
    const receipt = await this.payments.charge(card, this.priceCents);
    this.sold.add(seat); // RACE: check-then-act
    return receipt;
  }
}
