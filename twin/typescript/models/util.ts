// util: promisify turns a node-style callback into a promise.
import { bodied } from 'krepis:model';

export const promisify = (fn) =>
  bodied(fn)
    ? (...args) =>
        new Promise((resolve, reject) => {
          fn(...args, (error, value) => (error ? reject(error) : resolve(value)));
        })
    : fn;

export const callbackify =
  (fn) =>
  (...args) => {
    const done = args.pop();
    fn(...args).then((value) => done(null, value), done);
  };

export const inspect = (value) => `${value}`;

export const isDeepStrictEqual = (a, b) => a === b;

export const types = {};

export default { promisify, callbackify, inspect, isDeepStrictEqual, types };
