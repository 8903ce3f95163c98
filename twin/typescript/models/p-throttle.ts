// p-throttle: calls are delayed, never dropped or merged.
export default function pThrottle(options) {
  return (work) =>
    async (...args) => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return work(...args);
    };
}
