// pattern: a closure that collects points and flushes them on an interval: what is pushed while the flush is awaited is thrown away
import { InfluxDB, Point } from '@influxdata/influxdb-client';

const api = new InfluxDB({ url: process.env.INFLUX_URL!, token: process.env.INFLUX_TOKEN }).getWriteApi('ops', 'events');

export interface Collector {
  add(name: string, value: number): void;
  flush(): Promise<number>;
}

export const createCollector = (intervalMs = 5_000): Collector => {
  let pending: Point[] = [];

  const flush = async () => {
    if (pending.length === 0) return 0;
    const count = pending.length;
    api.writePoints(pending);
    await api.flush();
    pending = []; // RACE: lost-update
    return count;
  };

  setInterval(() => flush().catch((err) => console.error('flush failed', err)), intervalMs).unref();

  return {
    add: (name, value) => {
      pending.push(new Point(name).floatField('value', value));
    },
    flush,
  };
};

export const collector = createCollector();
