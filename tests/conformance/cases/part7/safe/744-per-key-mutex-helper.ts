// pattern: home-made mutex per key: a map of tails, deleted by whoever is last
const tails = new Map<string, Promise<unknown>>();

export function withKey<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = tails.get(key) ?? Promise.resolve();
  const mine = before.then(work, work);
  const tail = mine.catch(() => undefined);
  tails.set(key, tail);
  void tail.then(() => {
    if (tails.get(key) === tail) tails.delete(key);
  });
  return mine;
}

const balances = new Map<string, number>();

export function credit(account: string, cents: number, screen: (cents: number) => Promise<boolean>): Promise<number> {
  return withKey(account, async () => {
    const balance = balances.get(account) ?? 0;
    if (!(await screen(cents))) return balance;
    balances.set(account, balance + cents);
    return balance + cents;
  });
}
