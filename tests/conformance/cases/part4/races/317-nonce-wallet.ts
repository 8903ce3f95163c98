// pattern: next nonce read from a private field, transaction signed, nonce advanced after the send
export class Wallet {
  #nonce = 0;

  constructor(private readonly chain: { broadcast(tx: { nonce: number; to: string; wei: bigint }): Promise<string> }) {}

  async pay(to: string, wei: bigint): Promise<string> {
    const nonce = this.#nonce;
    const hash = await this.chain.broadcast({ nonce, to, wei });
    this.#nonce = nonce + 1; // RACE: lost-update
    return hash;
  }
}
