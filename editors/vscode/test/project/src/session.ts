import type { Bank } from './bank';

export class Session {
  private token: Promise<string> | undefined;

  constructor(private readonly bank: Bank) {}

  async authorise(): Promise<string> {
    this.token ??= this.bank.token();
    return await this.token;
  }
}
