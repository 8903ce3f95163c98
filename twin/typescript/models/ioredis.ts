// ioredis: every command is one step on the server; MULTI and scripts are one step together.
import { bodied, effect, fresh, io, kv, misuse } from 'krepis:model';

const store = kv('redis');

const flagged = (options, name) => {
  for (const option of options) if (typeof option === 'string' && option.toUpperCase() === name) return true;
  return false;
};

const pairs = (args) => {
  if (args.length === 1 && typeof args[0] === 'object') return Object.entries(args[0]);
  const out = [];
  for (let i = 0; i + 1 < args.length; i += 2) out.push([args[i], args[i + 1]]);
  return out;
};

const flat = (args) => (args.length === 1 && Array.isArray(args[0]) ? args[0] : args);

const bit = (yes) => (yes ? 1 : 0);

const total = (verdicts) => verdicts.reduce((sum, yes) => sum + bit(yes), 0);

// Who took a key with NX and a time to live may have lost it by the time of the next command, also of one that
// follows a look: comparing and deleting is one step only in a script, or in EXEC after WATCH.
const drop = (key) => {
  if (store.unlease(key)) misuse('a lease that may have expired, and be held by another by now, is deleted');
  return store.delete(key);
};

export const watching = (key) => {
  store.unlease(key);
  return [key, store.version(key)];
};

const setWith = (key, value, { nx, xx, get, expires }) => {
  if (nx) {
    const taken = store.setIf(key, value, false);
    if (taken && expires) store.lease(key);
    return taken ? 'OK' : null;
  }
  if (xx) return store.setIf(key, value, true) ? 'OK' : null;
  if (get) return store.swap(key, value);
  store.set(key, value);
  return 'OK';
};

// The older way: a callback behind the arguments.
const answered = (args, run) => {
  const callback = bodied(args.at(-1)) ? args.pop() : undefined;
  const result = run(args);
  if (callback !== undefined) result.then((value) => callback(null, value), callback);
  return result;
};

// What each command does at its instant; names are ioredis's.
export const COMMANDS = {
  get: (key) => store.get(key),
  set: (key, value, ...options) =>
    setWith(key, value, {
      nx: flagged(options, 'NX'),
      xx: flagged(options, 'XX'),
      get: flagged(options, 'GET'),
      expires: flagged(options, 'EX') || flagged(options, 'PX'),
    }),
  setnx: (key, value) => bit(store.setIf(key, value, false)),
  setex: (key, seconds, value) => setWith(key, value, {}),
  psetex: (key, ms, value) => setWith(key, value, {}),
  getset: (key, value) => store.swap(key, value),
  getdel: (key) => store.swap(key, null),
  getex: (key) => store.get(key),
  mget: (...keys) => flat(keys).map((key) => store.get(key)),
  mset: (...args) => {
    for (const [key, value] of pairs(args)) store.set(key, value);
    return 'OK';
  },
  del: (...keys) => total(flat(keys).map(drop)),
  unlink: (...keys) => total(flat(keys).map(drop)),
  exists: (...keys) => total(flat(keys).map((key) => store.has(key))),
  incr: (key) => store.add(key, 1),
  incrby: (key, by) => store.add(key, by),
  incrbyfloat: (key, by) => store.add(key, by),
  decr: (key) => store.add(key, -1),
  decrby: (key, by) => store.add(key, -by),
  append: (key, text) => store.apply('append', [key], [text]),
  expire: () => 1,
  pexpire: () => 1,
  expireat: () => 1,
  persist: () => 1,
  ttl: (key) => store.look('ttl', key, []),
  pttl: (key) => store.look('pttl', key, []),
  hget: (key, field) => store.get([key, field]),
  hset: (key, ...args) => total(pairs(args).map(([field, value]) => store.addMember(key, field, value))),
  hmset: (key, ...args) => {
    for (const [field, value] of pairs(args)) store.addMember(key, field, value);
    return 'OK';
  },
  hsetnx: (key, field, value) => (store.has([key, field]) ? 0 : bit(store.addMember(key, field, value))),
  hmget: (key, ...fields) => flat(fields).map((field) => store.get([key, field])),
  hdel: (key, ...fields) => total(flat(fields).map((field) => store.removeMember(key, field))),
  hexists: (key, field) => bit(store.has([key, field])),
  hincrby: (key, field, by) => store.add([key, field], by),
  hincrbyfloat: (key, field, by) => store.add([key, field], by),
  hgetall: (key) => store.look('hgetall', key, []),
  hkeys: (key) => store.look('hkeys', key, []),
  hvals: (key) => store.look('hvals', key, []),
  hlen: (key) => store.size(key),
  sadd: (key, ...members) => total(flat(members).map((member) => store.addMember(key, member))),
  srem: (key, ...members) => total(flat(members).map((member) => store.removeMember(key, member))),
  sismember: (key, member) => bit(store.has([key, member])),
  smembers: (key) => store.look('smembers', key, []),
  scard: (key) => store.size(key),
  spop: (key) => store.pop(key),
  zadd: (key, score, member) => bit(store.addMember(key, member, score)),
  zincrby: (key, by, member) => store.add([key, member], by),
  zscore: (key, member) => store.get([key, member]),
  zrem: (key, ...members) => total(flat(members).map((member) => store.removeMember(key, member))),
  zcard: (key) => store.size(key),
  zcount: (key, ...args) => store.look('zcount', key, args),
  zrange: (key, ...args) => store.look('zrange', key, args),
  zrangebyscore: (key, ...args) => store.look('zrangebyscore', key, args),
  zrevrange: (key, ...args) => store.look('zrevrange', key, args),
  zrank: (key, ...args) => store.look('zrank', key, args),
  zremrangebyscore: (key, ...args) => store.apply('zremrangebyscore', [key], args),
  zpopmin: (key) => store.pop(key),
  lpush: (key, ...values) => flat(values).map((value) => store.push(key, value)).at(-1),
  rpush: (key, ...values) => flat(values).map((value) => store.push(key, value)).at(-1),
  lpop: (key) => store.pop(key),
  rpop: (key) => store.pop(key),
  llen: (key) => store.size(key),
  lrange: (key, ...args) => store.look('lrange', key, args),
  lindex: (key, ...args) => store.look('lindex', key, args),
  lrem: (key, ...args) => store.apply('lrem', [key], args),
  ltrim: (key, ...args) => store.apply('ltrim', [key], args),
  rpoplpush: (from, to) => {
    const value = store.pop(from);
    if (value !== null) store.push(to, value);
    return value;
  },
  lmove: (from, to) => {
    const value = store.pop(from);
    if (value !== null) store.push(to, value);
    return value;
  },
  blpop: (key) => [key, store.pop(key)],
  brpop: (key) => [key, store.pop(key)],
  eval: (script, count, ...args) => store.eval(script, args.slice(0, count), args.slice(count)),
  evalsha: (script, count, ...args) => store.eval(script, args.slice(0, count), args.slice(count)),
  publish: () => 0,
  ping: () => 'PONG',
};

export class Transaction {
  constructor(commands, watched, wrap) {
    this.queue = [];
    this.watched = watched;
    this.wrap = wrap;
    for (const name of Object.keys(commands)) {
      this[name] = (...args) => {
        this.queue.push(() => commands[name](...args));
        return this;
      };
    }
  }

  exec(...args) {
    return answered(args, () =>
      io('EXEC', () => {
        for (const [key, version] of this.watched) if (store.version(key) !== version) return null;
        return this.queue.map((command) => (this.wrap ? [null, command()] : command()));
      }),
    );
  }
}

export class Redis {
  constructor(...options) {
    this.watched = [];
    this.status = 'ready';
    for (const name of Object.keys(COMMANDS)) {
      this[name] = (...args) => answered(args, (given) => io(`redis ${name}`, () => COMMANDS[name](...given)));
    }
  }

  watch(...keys) {
    return io('redis watch', () => {
      for (const key of flat(keys)) this.watched.push(watching(key));
      return 'OK';
    });
  }

  unwatch() {
    this.watched = [];
    return io('redis unwatch', () => 'OK');
  }

  multi(options) {
    const watched = this.watched;
    this.watched = [];
    return new Transaction(COMMANDS, watched, true);
  }

  pipeline() {
    return new Transaction(COMMANDS, [], true);
  }

  defineCommand(name, { lua, numberOfKeys }) {
    this[name] = (...args) =>
      io(`redis ${name}`, () => store.eval(lua, args.slice(0, numberOfKeys), args.slice(numberOfKeys)));
  }

  duplicate() {
    return new Redis();
  }

  connect() {
    return io('connect', () => effect('connect to Redis', fresh('connection')));
  }

  async quit() {}

  disconnect() {}

  async subscribe() {}

  on() {
    return this;
  }

  once() {
    return this;
  }
}

export class Cluster extends Redis {}

export default Redis;
