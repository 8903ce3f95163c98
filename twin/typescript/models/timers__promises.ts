// timers/promises: timers as promises.
export { setTimeoutPromise as setTimeout, setImmediatePromise as setImmediate };

const setTimeoutPromise = (ms, value) => new Promise((resolve) => setTimeout(() => resolve(value), ms));

const setImmediatePromise = (value) => new Promise((resolve) => setImmediate(() => resolve(value)));

export async function* setInterval(ms, value) {
  while (true) {
    await setTimeoutPromise(ms);
    yield value;
  }
}

export const scheduler = { wait: setTimeoutPromise, yield: setImmediatePromise };

export default { setTimeout: setTimeoutPromise, setImmediate: setImmediatePromise, setInterval, scheduler };
