// pattern: generator driven by a small runner: stock read before a yield that waits, written after it
export type Saga<T> = Generator<Promise<unknown>, T, any>;

export function run<T>(saga: Saga<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const step = (input?: unknown): void => {
      let turn: IteratorResult<Promise<unknown>, T>;
      try {
        turn = saga.next(input);
      } catch (error) {
        reject(error);
        return;
      }
      if (turn.done) resolve(turn.value);
      else turn.value.then(step, reject);
    };
    step();
  });
}
