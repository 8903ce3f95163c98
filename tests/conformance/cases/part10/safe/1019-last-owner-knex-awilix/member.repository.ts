// pattern: the rows of all owners are locked before they are counted
import type { Knex } from 'knex';

export interface Member {
  id: string;
  workspace_id: string;
  role: 'owner' | 'editor' | 'viewer';
  deleted_at: Date | null;
}

export class MemberRepository {
  private readonly db: Knex;

  constructor({ db }: { db: Knex }) {
    this.db = db;
  }

  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.db.transaction(work);
  }

  owners(trx: Knex.Transaction, workspaceId: string): Promise<Member[]> {
    return trx<Member>('members')
      .where({ workspace_id: workspaceId, role: 'owner' })
      .whereNull('deleted_at')
      .orderBy('id')
      .forUpdate();
  }

  async softDelete(trx: Knex.Transaction, id: string): Promise<void> {
    await trx<Member>('members').where({ id }).update({ deleted_at: new Date() });
  }
}
