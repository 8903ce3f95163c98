import { QuotaRepository } from './quota.repository';

export class QuotaExceeded extends Error {}

export class QuotaService {
  constructor(private readonly quotas: QuotaRepository) {}

  async consume(tenant: string, bytes: number): Promise<number> {
    const quota = await this.quotas.findByTenant(tenant);
    if (!quota) throw new Error(`no quota for ${tenant}`);
    if (quota.used + bytes > quota.limit) throw new QuotaExceeded(tenant);
    await this.quotas.setUsed(tenant, quota.used + bytes); // RACE: lost-update
    return quota.limit - quota.used - bytes;
  }
}
