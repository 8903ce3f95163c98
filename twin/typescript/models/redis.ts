// redis (node-redis 4): ioredis's commands under camel case, options as objects, WATCH on the client.
import { effect, fresh, io, kv } from 'krepis:model';
import { COMMANDS as C, Transaction, watching } from './ioredis';

const store = kv('redis');

const COMMANDS = {
  ...C,
  set: (key, value, options) =>
    C.set(
      key,
      value,
      options?.NX ? 'NX' : '',
      options?.XX ? 'XX' : '',
      options?.GET ? 'GET' : '',
      options?.EX || options?.PX ? 'EX' : '',
    ),
  setNX: (key, value) => C.setnx(key, value) === 1,
  setEx: C.setex,
  pSetEx: C.psetex,
  getSet: C.getset,
  getDel: C.getdel,
  getEx: C.getex,
  mGet: C.mget,
  mSet: C.mset,
  incrBy: C.incrby,
  incrByFloat: C.incrbyfloat,
  decrBy: C.decrby,
  pExpire: C.pexpire,
  expireAt: C.expireat,
  pTTL: C.pttl,
  hGet: C.hget,
  hSet: C.hset,
  hSetNX: (key, field, value) => C.hsetnx(key, field, value) === 1,
  hmGet: C.hmget,
  hDel: C.hdel,
  hExists: (key, field) => store.has([key, field]),
  hIncrBy: C.hincrby,
  hGetAll: C.hgetall,
  hKeys: C.hkeys,
  hVals: C.hvals,
  hLen: C.hlen,
  sAdd: C.sadd,
  sRem: C.srem,
  sIsMember: (key, member) => store.has([key, member]),
  sMembers: C.smembers,
  sCard: C.scard,
  sPop: C.spop,
  zAdd: (key, entry) => (store.addMember(key, entry.value, entry.score) ? 1 : 0),
  zIncrBy: C.zincrby,
  zScore: C.zscore,
  zRem: C.zrem,
  zCard: C.zcard,
  zCount: C.zcount,
  zRange: C.zrange,
  zRangeByScore: C.zrangebyscore,
  zRemRangeByScore: C.zremrangebyscore,
  zPopMin: C.zpopmin,
  lPush: C.lpush,
  rPush: C.rpush,
  lPop: C.lpop,
  rPop: C.rpop,
  lLen: C.llen,
  lRange: C.lrange,
  lRem: C.lrem,
  lTrim: C.ltrim,
  rPopLPush: C.rpoplpush,
  lMove: C.lmove,
  eval: (script, options) => store.eval(script, options?.keys ?? [], options?.arguments ?? []),
  evalSha: (script, options) => store.eval(script, options?.keys ?? [], options?.arguments ?? []),
};

export class RedisClient {
  constructor() {
    this.watched = [];
    this.isOpen = true;
    for (const name of Object.keys(COMMANDS)) {
      this[name] = (...args) => io(`redis ${name}`, () => COMMANDS[name](...args));
    }
  }

  watch(keys) {
    return io('redis watch', () => {
      for (const key of Array.isArray(keys) ? keys : [keys]) this.watched.push(watching(key));
      return 'OK';
    });
  }

  unwatch() {
    this.watched = [];
    return io('redis unwatch', () => 'OK');
  }

  multi() {
    const watched = this.watched;
    this.watched = [];
    return new Transaction(COMMANDS, watched, false);
  }

  executeIsolated(work) {
    return work(new RedisClient());
  }

  duplicate() {
    return new RedisClient();
  }

  connect() {
    return io('connect', () => {
      effect('connect to Redis', fresh('connection'));
      return this;
    });
  }

  async quit() {}

  async disconnect() {}

  async subscribe() {}

  on() {
    return this;
  }
}

export class WatchError extends Error {}

export const createClient = (options) => new RedisClient();

export const createCluster = (options) => new RedisClient();

export default { createClient, createCluster, WatchError };
