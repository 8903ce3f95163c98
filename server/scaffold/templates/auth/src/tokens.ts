/** Access tokens: JWTs (RFC 7519) that are good for ten minutes and cannot be taken back. */

import { jwtVerify, SignJWT } from 'jose';

const ISSUER = 'accounts';

export class Tokens {
  readonly #key: Uint8Array;

  constructor(secret: string) {
    if (secret.length < 32) throw new Error('the secret of the tokens must have at least 32 characters');
    this.#key = new TextEncoder().encode(secret);
  }

  make(user: number): Promise<string> {
    return new SignJWT()
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(String(user))
      .setIssuer(ISSUER)
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(this.#key);
  }

  /** The user of a token that is good; else nothing. */
  async user(token: string): Promise<number | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, { issuer: ISSUER, algorithms: ['HS256'] });
      return Number(payload.sub);
    } catch {
      return undefined;
    }
  }
}
