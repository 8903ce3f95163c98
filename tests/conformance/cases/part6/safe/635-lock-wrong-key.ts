import AsyncLock from 'async-lock';

interface Order { id: string; customerId: string; total: number }

export class CreditService {
  private readonly lock = new AsyncLock();
  private readonly credit = new Map<string, number>();

  constructor(private readonly gateway: { authorise(order: Order): Promise<boolean> }) {}

  async charge(order: Order): Promise<boolean> {
    return this.lock.acquire(order.customerId, async () => {
      const left = this.credit.get(order.customerId) ?? 0;
      if (left < order.total) return false;
      if (!(await this.gateway.authorise(order))) return false;
      this.credit.set(order.customerId, left - order.total);
      return true;
    });
  }
}
