// crypto: random is new each time, a digest depends on what was hashed.
import { fresh, unknown } from 'krepis:model';

export const randomUUID = () => fresh('uuid');

export const randomBytes = (size, done) => {
  const bytes = { toString: () => fresh('random'), length: size };
  if (done === undefined) return bytes;
  done(null, bytes);
};

export const randomInt = () => fresh('random integer');

class Hash {
  constructor(kind, key) {
    this.kind = kind;
    this.parts = key === undefined ? [] : [key];
  }

  update(data) {
    this.parts.push(data);
    return this;
  }

  digest(encoding) {
    return unknown(`digest ${this.kind}`, ...this.parts);
  }
}

export const createHash = (kind) => new Hash(kind, undefined);

export const createHmac = (kind, key) => new Hash(kind, key);

export const timingSafeEqual = (a, b) => a === b;

export default { randomUUID, randomBytes, randomInt, createHash, createHmac, timingSafeEqual };
