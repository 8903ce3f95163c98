// tiny-invariant: what does not hold throws.
export default function invariant(condition, message) {
  if (condition) return;
  throw new Error(typeof message === 'function' ? message() : (message ?? 'Invariant failed'));
}
