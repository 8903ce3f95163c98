// pattern: early test for a quick answer, and the test that counts again after the await
import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { BidderRepository } from './bidder.repository';

interface Lot {
  readonly highestCents: number;
  readonly winner: string | null;
}

@Injectable()
export class AuctionService {
  private readonly lots = new Map<string, Lot>();

  constructor(private readonly bidders: BidderRepository) {}

  open(lotId: string, startCents: number): void {
    if (!this.lots.has(lotId)) this.lots.set(lotId, { highestCents: startCents, winner: null });
  }

  private check(lotId: string, cents: number): void {
    const lot = this.lots.get(lotId);
    if (!lot) throw new NotFoundException(lotId);
    if (cents <= lot.highestCents) throw new BadRequestException('bid too low');
  }

  async bid(lotId: string, bidderId: string, cents: number): Promise<Lot> {
    this.check(lotId, cents);
    const bidder = await this.bidders.findById(bidderId);
    if (!bidder.verified) throw new BadRequestException('bidder is not verified');
    this.check(lotId, cents);
    const lot: Lot = { highestCents: cents, winner: bidderId };
    this.lots.set(lotId, lot);
    return lot;
  }
}
