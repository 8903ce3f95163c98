export class Budget {
  #spent = new Map<string, number>();

  constructor(readonly limit: number, private readonly approve: (amount: number) => Promise<boolean>) {}

  get total(): number {
    let sum = 0;
    for (const amount of this.#spent.values()) sum += amount;
    return sum;
  }

  async spend(team: string, amount: number): Promise<void> {
    if (!(await this.approve(amount))) throw new Error('not approved');
    if (this.total + amount > this.limit) throw new Error('over budget');
    this.#spent.set(team, (this.#spent.get(team) ?? 0) + amount);
  }
}
