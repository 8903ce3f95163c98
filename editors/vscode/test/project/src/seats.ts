import type { Bank } from './bank';

export class Seats {
  private readonly holders = new Map<string, string>();

  constructor(private readonly bank: Bank) {}

  async reserve(seat: string, guest: string): Promise<boolean> {
    if (this.holders.has(seat)) return false;
    await this.bank.charge(guest, 1200);
    this.holders.set(seat, guest);
    return true;
  }

  async release(seat: string): Promise<void> {
    this.holders.delete(seat);
  }
}
