// pattern: bid compared with the highest before the bidder is looked up: a lower bid replaces a higher one
import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { BidderRepository } from './bidder.repository';

interface Lot {
  highestCents: number;
  winner: string | null;
}

@Injectable()
export class AuctionService {
  private readonly lots = new Map<string, Lot>();

  constructor(private readonly bidders: BidderRepository) {}

  open(lotId: string, startCents: number): void {
    this.lots.set(lotId, { highestCents: startCents, winner: null });
  }

  async bid(lotId: string, bidderId: string, cents: number): Promise<Lot> {
    const lot = this.lots.get(lotId);
    if (!lot) throw new NotFoundException(lotId);
    if (cents <= lot.highestCents) throw new BadRequestException('bid too low');
    const bidder = await this.bidders.findById(bidderId);
    if (!bidder.verified) throw new BadRequestException('bidder is not verified');
    lot.highestCents = cents; // RACE: check-then-act
    lot.winner = bidderId;
    return lot;
  }
}
