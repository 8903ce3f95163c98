// pattern: payments run one after the other on a promise tail
export class Wallet {
  #nonce = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(private readonly chain: { broadcast(tx: { nonce: number; to: string; wei: bigint }): Promise<string> }) {}

  pay(to: string, wei: bigint): Promise<string> {
    const result = this.#tail.then(async () => {
      const nonce = this.#nonce;
      const hash = await this.chain.broadcast({ nonce, to, wei });
      this.#nonce = nonce + 1;
      return hash;
    });
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
