import type { Knex } from 'knex';

export interface Quota {
  tenant: string;
  used: number;
  limit: number;
}

export class QuotaRepository {
  constructor(private readonly db: Knex) {}

  findByTenant(tenant: string): Promise<Quota | undefined> {
    return this.db<Quota>('quotas').where({ tenant }).first();
  }

  async setUsed(tenant: string, used: number): Promise<void> {
    await this.db<Quota>('quotas').where({ tenant }).update({ used }); // RACE: lost-update
  }
}
