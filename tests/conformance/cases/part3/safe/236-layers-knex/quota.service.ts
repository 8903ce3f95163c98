import { QuotaRepository } from './quota.repository';

export class QuotaExceeded extends Error {}

export class QuotaService {
  constructor(private readonly quotas: QuotaRepository) {}

  async consume(tenant: string, bytes: number): Promise<number> {
    const quota = await this.quotas.consume(tenant, bytes);
    if (!quota) throw new QuotaExceeded(tenant);
    return quota.limit - quota.used;
  }
}
