import type { Knex } from 'knex';

export interface Quota {
  tenant: string;
  used: number;
  limit: number;
}

export class QuotaRepository {
  constructor(private readonly db: Knex) {}

  async consume(tenant: string, bytes: number): Promise<Quota | undefined> {
    const [quota] = await this.db<Quota>('quotas')
      .where({ tenant })
      .whereRaw('used + ? <= "limit"', [bytes])
      .update({ used: this.db.raw('used + ?', [bytes]) })
      .returning('*');
    return quota;
  }
}
