// node:assert: what fails throws; of deep comparisons nothing is known.
export class AssertionError extends Error {
  constructor(options) {
    super(options.message ?? 'assertion failed');
    this.name = 'AssertionError';
    this.code = 'ERR_ASSERTION';
  }
}

const check = (holds, message) => {
  if (holds) return;
  throw message instanceof Error ? message : new AssertionError({ message });
};

const unchecked = () => {};

const assert = Object.assign((value, message) => check(value, message), {
  AssertionError,
  ok: check,
  equal: (a, b, message) => check(a == b, message),
  notEqual: (a, b, message) => check(a != b, message),
  strictEqual: (a, b, message) => check(a === b, message),
  notStrictEqual: (a, b, message) => check(a !== b, message),
  fail: (message) => check(false, message),
  ifError: (error) => check(error === null || error === undefined, error),
  deepEqual: unchecked,
  deepStrictEqual: unchecked,
  notDeepEqual: unchecked,
  notDeepStrictEqual: unchecked,
  match: unchecked,
  doesNotMatch: unchecked,
});
assert.strict = assert;

export const { ok, equal, notEqual, strictEqual, notStrictEqual, fail, ifError, strict } = assert;
export const { deepEqual, deepStrictEqual, notDeepEqual, notDeepStrictEqual, match, doesNotMatch } = assert;
export default assert;
