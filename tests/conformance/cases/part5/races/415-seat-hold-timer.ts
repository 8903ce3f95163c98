interface Hold {
  userId: string;
}

export class SeatMap {
  private readonly holds = new Map<string, Hold>();

  constructor(private readonly payments: { pay(userId: string, seat: string): Promise<void> }) {}

  hold(seat: string, userId: string): boolean {
    if (this.holds.has(seat)) return false;
    this.holds.set(seat, { userId });
    setTimeout(() => {
      this.holds.delete(seat); // RACE: order-violation
    }, 120_000);
    return true;
  }

  async buy(seat: string, userId: string): Promise<boolean> {
    if (this.holds.get(seat)?.userId !== userId) return false;
    await this.payments.pay(userId, seat);
    this.holds.delete(seat);
    return true;
  }
}
