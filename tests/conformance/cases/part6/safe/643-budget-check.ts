export class Budget {
  #spent = new Map<string, number>();
  #reserved = 0;

  constructor(readonly limit: number, private readonly approve: (amount: number) => Promise<boolean>) {}

  async spend(team: string, amount: number): Promise<void> {
    if (this.#reserved + amount > this.limit) throw new Error('over budget');
    this.#reserved += amount;
    let approved = false;
    try {
      approved = await this.approve(amount);
    } finally {
      if (!approved) this.#reserved -= amount;
    }
    if (!approved) throw new Error('not approved');
    this.#spent.set(team, (this.#spent.get(team) ?? 0) + amount);
  }
}
