// node:assert/strict: the same with strict comparisons.
export * from 'assert';
export { strict as default } from 'assert';
