interface Hold {
  userId: string;
}

export class SeatMap {
  private readonly holds = new Map<string, Hold>();

  constructor(private readonly payments: { pay(userId: string, seat: string): Promise<void> }) {}

  hold(seat: string, userId: string): boolean {
    if (this.holds.has(seat)) return false;
    const hold: Hold = { userId };
    this.holds.set(seat, hold);
    setTimeout(() => {
      if (this.holds.get(seat) === hold) this.holds.delete(seat);
    }, 120_000);
    return true;
  }

  async buy(seat: string, userId: string): Promise<boolean> {
    const hold = this.holds.get(seat);
    if (hold?.userId !== userId) return false;
    this.holds.delete(seat);
    try {
      await this.payments.pay(userId, seat);
      return true;
    } catch {
      return false;
    }
  }
}
