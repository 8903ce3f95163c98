import pLimit from 'p-limit';

export class Tally {
  private votes: Record<string, number> = {};

  constructor(private readonly check: (voter: string) => Promise<boolean>) {}

  async vote(voter: string, option: string): Promise<void> {
    const limit = pLimit(1);
    await limit(async () => {
      const count = this.votes[option] ?? 0;
      if (!(await this.check(voter))) return;
      this.votes[option] = count + 1; // RACE: lost-update
    });
  }
}
