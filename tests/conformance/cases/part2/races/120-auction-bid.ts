// pattern: Kysely transaction at the default level: highest bid read, compared, overwritten by a lower one
import { Kysely } from 'kysely';
import type { Database } from './types';

export type BidResult = { accepted: true } | { accepted: false; highest: number };

export class AuctionHouse {
  constructor(private readonly db: Kysely<Database>) {}

  async bid(lotId: string, bidder: string, amount: number): Promise<BidResult> {
    return await this.db.transaction().execute(async (trx) => {
      const lot = await trx
        .selectFrom('lots')
        .select(['highest_bid', 'closes_at'])
        .where('id', '=', lotId)
        .executeTakeFirstOrThrow();
      if (amount <= lot.highest_bid) {
        return { accepted: false, highest: lot.highest_bid };
      }
      await trx.updateTable('lots').set({ highest_bid: amount, bidder }).where('id', '=', lotId).execute(); // RACE: check-then-act
      await trx.insertInto('bids').values({ lot_id: lotId, bidder, amount }).execute();
      return { accepted: true };
    });
  }
}
