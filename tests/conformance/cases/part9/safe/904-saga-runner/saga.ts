// pattern: the stock is read after the last yield
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
