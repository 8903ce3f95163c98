import pLimit from 'p-limit';

export class Tally {
  private votes: Record<string, number> = {};
  private readonly limit = pLimit(1);

  constructor(private readonly check: (voter: string) => Promise<boolean>) {}

  async vote(voter: string, option: string): Promise<void> {
    await this.limit(async () => {
      const count = this.votes[option] ?? 0;
      if (!(await this.check(voter))) return;
      this.votes[option] = count + 1;
    });
  }
}
