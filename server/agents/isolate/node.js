// What a program under test finds of Node in the isolate, and none of it reaches anything: memory and arithmetic only.
// Digests are right (SHA-256); a password hash is one of them repeated, for it only has to be the same each time.

const __utf8 = {
  encode(text) {
    return Uint8Array.from(unescape(encodeURIComponent(text)), (c) => c.charCodeAt(0));
  },
  decode(bytes) {
    let binary = '';
    for (const byte of bytes) binary += String.fromCharCode(byte);
    try { return decodeURIComponent(escape(binary)); } catch { return binary; }
  },
};
globalThis.TextEncoder = class { encode(text = '') { return __utf8.encode(text); } };
globalThis.TextDecoder = class { decode(bytes) { return __utf8.decode(bytes ?? []); } };

const __ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
class Buffer extends Uint8Array {
  static from(value, encoding = 'utf8') {
    if (typeof value !== 'string') return new Buffer(value);
    if (encoding === 'hex') return new Buffer((value.match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
    if (encoding === 'base64' || encoding === 'base64url') {
      const text = value.replaceAll('-', '+').replaceAll('_', '/').replace(/[^A-Za-z0-9+/]/g, '');
      const out = [];
      let bits = 0, held = 0;
      for (const character of text) {
        held = ((held << 6) | __ALPHABET.indexOf(character)) & 0xffffff;
        bits += 6;
        if (bits >= 8) out.push((held >> (bits -= 8)) & 255);
      }
      return new Buffer(out);
    }
    return new Buffer(__utf8.encode(value));
  }
  static alloc(size) { return new Buffer(size); }
  static concat(list) { return new Buffer(list.flatMap((one) => [...one])); }
  static isBuffer(value) { return value instanceof Buffer; }
  static byteLength(text) { return __utf8.encode(text).length; }
  equals(other) { return this.length === other.length && this.every((byte, at) => byte === other[at]); }
  toString(encoding = 'utf8') {
    if (encoding === 'hex') return [...this].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    if (encoding !== 'base64' && encoding !== 'base64url') return __utf8.decode(this);
    let out = '';
    for (let at = 0; at < this.length; at += 3) {
      const held = (this[at] << 16) | ((this[at + 1] ?? 0) << 8) | (this[at + 2] ?? 0);
      const count = Math.min(this.length - at, 3) + 1;
      for (let i = 0; i < 4; i++) out += i < count ? __ALPHABET[(held >> (18 - 6 * i)) & 63] : '=';
    }
    return encoding === 'base64' ? out : out.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  }
}
globalThis.Buffer = Buffer;

// FIPS 180-4, section 6.2.
const __fraction = (value) => ((value - Math.floor(value)) * 2 ** 32) | 0;
const __primes = [];
for (let n = 2; __primes.length < 64; n++) if (__primes.every((prime) => n % prime)) __primes.push(n);
const __K = __primes.map((prime) => __fraction(Math.cbrt(prime)));
function __sha256(message) {
  const length = message.length;
  const padded = new Uint8Array(((length + 72) >> 6) << 6);
  padded.set(message);
  padded[length] = 128;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 2 ** 29));
  view.setUint32(padded.length - 4, length << 3);
  const state = __primes.slice(0, 8).map((prime) => __fraction(Math.sqrt(prime)));
  const turn = (x, n) => (x >>> n) | (x << (32 - n));
  const w = new Int32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(block + 4 * i);
    for (let i = 16; i < 64; i++) {
      const a = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ (w[i - 15] >>> 3);
      const b = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ (w[i - 2] >>> 10);
      w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i++) {
      const one = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + __K[i] + w[i]) | 0;
      const two = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + two) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] = (state[i] + value) | 0; });
  }
  const out = new DataView(new ArrayBuffer(32));
  state.forEach((value, i) => out.setInt32(4 * i, value));
  return new Buffer(out.buffer);
}
const __bytes = (value) => (typeof value === 'string' ? Buffer.from(value) : new Buffer(value));
function __hash(finish) {
  const parts = [];
  return {
    update(value) { parts.push(__bytes(value)); return this; },
    digest(encoding) { const made = finish(Buffer.concat(parts)); return encoding ? made.toString(encoding) : made; },
  };
}
function __hmac(key, message) {
  let padded = __bytes(key);
  if (padded.length > 64) padded = __sha256(padded);
  padded = Buffer.concat([padded, Buffer.alloc(64 - padded.length)]);
  const inner = __sha256(Buffer.concat([padded.map((byte) => byte ^ 0x36), message]));
  return __sha256(Buffer.concat([padded.map((byte) => byte ^ 0x5c), inner]));
}
function __derived(password, salt, size) {
  const parts = [];
  for (let at = 0; at * 32 < size; at++) parts.push(__hmac(password, Buffer.concat([__bytes(salt), Buffer.from([at])])));
  return new Buffer(Buffer.concat(parts).slice(0, size));
}
const __random = (size) => new Buffer(Array.from({ length: size }, () => Math.floor(Math.random() * 256)));
const __later = (make, done) => Promise.resolve().then(() => done(null, make()));
const __crypto = {
  randomBytes: (size) => __random(size),
  randomInt: (low, high) => (high === undefined ? Math.floor(Math.random() * low) : low + Math.floor(Math.random() * (high - low))),
  randomUUID() {
    const hex = __random(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
  },
  createHash: () => __hash(__sha256),
  createHmac: (_name, key) => __hash((message) => __hmac(key, message)),
  timingSafeEqual(a, b) {
    if (a.length !== b.length) throw new RangeError('Input buffers must have the same byte length');
    return a.every((byte, at) => byte === b[at]);
  },
  scryptSync: (password, salt, size) => __derived(password, salt, size),
  pbkdf2Sync: (password, salt, _rounds, size) => __derived(password, salt, size),
  scrypt: (password, salt, size, ...rest) => __later(() => __derived(password, salt, size), rest.at(-1)),
  pbkdf2: (password, salt, _rounds, size, _name, done) => __later(() => __derived(password, salt, size), done),
};
globalThis.crypto = { randomUUID: __crypto.randomUUID };

class EventEmitter {
  #listeners = new Map();
  on(name, listener) { this.#listeners.set(name, [...(this.#listeners.get(name) ?? []), listener]); return this; }
  once(name, listener) {
    const first = (...values) => { this.off(name, first); listener(...values); };
    return this.on(name, first);
  }
  off(name, listener) {
    this.#listeners.set(name, (this.#listeners.get(name) ?? []).filter((one) => one !== listener));
    return this;
  }
  emit(name, ...values) {
    const found = this.#listeners.get(name) ?? [];
    for (const listener of found) listener.apply(this, values);
    return found.length > 0;
  }
  listenerCount(name) { return (this.#listeners.get(name) ?? []).length; }
}
EventEmitter.prototype.addListener = EventEmitter.prototype.on;
EventEmitter.prototype.removeListener = EventEmitter.prototype.off;

const __wait = (milliseconds, value) => new Promise((resolve) => setTimeout(() => resolve(value), milliseconds));
const __nothing = () => {};
const __node = {
  crypto: __crypto,
  events: { EventEmitter, default: EventEmitter },
  buffer: { Buffer },
  'timers/promises': { setTimeout: __wait },
  util: {
    promisify: (run) => (...values) =>
      new Promise((resolve, reject) => run(...values, (error, value) => (error ? reject(error) : resolve(value)))),
  },
  test: Object.assign((...values) => test(...values), {
    test: (...values) => test(...values), it: (...values) => test(...values),
    describe: (_name, run) => run(), suite: (_name, run) => run(),
    before: (run) => { __before.push(run); }, after: __nothing, beforeEach: (run) => { __beforeEach.push(run); }, afterEach: __nothing,
  }),
  assert: assert,
  'assert/strict': assert,
};
for (const each of Object.values(__node)) each.default ??= each;
