// pattern: sum of the bookings of a project checked in a READ COMMITTED transaction, then a row is added
import { Kysely } from 'kysely';
import type { Database } from './types';

export class BookingRepository {
  constructor(private readonly db: Kysely<Database>) {}

  async book(projectId: number, cents: number): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const { spent } = await trx
        .selectFrom('bookings')
        .select((eb) => eb.fn.sum<number>('cents').as('spent'))
        .where('project_id', '=', projectId)
        .executeTakeFirstOrThrow();
      const { budget } = await trx.selectFrom('projects').select('budget').where('id', '=', projectId).executeTakeFirstOrThrow();
      if (Number(spent ?? 0) + cents > budget) throw new Error('over budget');
      await trx.insertInto('bookings').values({ project_id: projectId, cents }).execute(); // RACE: write-skew
    });
  }
}
