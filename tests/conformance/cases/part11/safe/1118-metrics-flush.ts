// pattern: the buffer is swapped before the await
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
    const batch = pending;
    pending = [];
    api.writePoints(batch);
    await api.flush();
    return batch.length;
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
