// pattern: the project row is locked before the sum is taken
import { Kysely } from 'kysely';
import type { Database } from './types';

export class BookingRepository {
  constructor(private readonly db: Kysely<Database>) {}

  async book(projectId: number, cents: number): Promise<void> {
    await this.db.transaction().execute(async (trx) => {
      const { budget } = await trx
        .selectFrom('projects')
        .select('budget')
        .where('id', '=', projectId)
        .forUpdate()
        .executeTakeFirstOrThrow();
      const { spent } = await trx
        .selectFrom('bookings')
        .select((eb) => eb.fn.sum<number>('cents').as('spent'))
        .where('project_id', '=', projectId)
        .executeTakeFirstOrThrow();
      if (Number(spent ?? 0) + cents > budget) throw new Error('over budget');
      await trx.insertInto('bookings').values({ project_id: projectId, cents }).execute();
    });
  }
}
