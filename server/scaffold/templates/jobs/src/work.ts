/** What the jobs do, by their kind. A job may be done twice when a worker dies, so doing it twice must do no harm. */

export const WORK: Readonly<Record<string, (payload: unknown) => Promise<void>>> = {
  greet: async (payload) => {
    console.log('hello', payload);
  },
  fail: async () => {
    throw new Error('as asked');
  },
};
