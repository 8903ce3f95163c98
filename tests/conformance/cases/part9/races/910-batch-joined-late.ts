// pattern: home-made loader: keys join the batch under way while it is already being fetched, and get no row
export type Fetch<K, V> = (keys: readonly K[]) => Promise<Map<K, V>>;

interface Batch<K, V> {
  keys: K[];
  rows: Promise<Map<K, V>>;
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

export class Loader<K, V> {
  private batch?: Batch<K, V>;

  constructor(private readonly fetch: Fetch<K, V>) {}

  async load(key: K): Promise<V | undefined> {
    const batch = (this.batch ??= this.open());
    batch.keys.push(key); // RACE: order-violation
    const rows = await batch.rows;
    return rows.get(key);
  }

  private open(): Batch<K, V> {
    const keys: K[] = [];
    return { keys, rows: this.dispatch(keys) };
  }

  private async dispatch(keys: K[]): Promise<Map<K, V>> {
    await nextTurn();
    const rows = await this.fetch([...keys]); // RACE: order-violation
    this.batch = undefined; // RACE: order-violation
    return rows;
  }
}

export const articles = new Loader<number, string>(async (ids) => {
  const response = await fetch(`https://cms.example/articles?ids=${ids.join(',')}`);
  return new Map(Object.entries(await response.json()).map(([id, title]) => [Number(id), String(title)]));
});

export const titleOf = async (id: number): Promise<string> => {
  const title = await articles.load(id);
  if (title === undefined) throw new Error(`article ${id} does not exist`);
  return title;
};
