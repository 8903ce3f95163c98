import { Injectable } from '@nestjs/common';
import { PlansClient } from './plans.client';

@Injectable()
export class QuotaService {
  private used = new Map<string, number>();

  constructor(private plans: PlansClient) {}

  async tryConsume(apiKey: string): Promise<boolean> {
    const limit = await this.plans.limitFor(apiKey);
    const used = this.used.get(apiKey) ?? 0;
    if (used >= limit) {
      return false;
    }
    this.used.set(apiKey, used + 1);
    return true;
  }
}
