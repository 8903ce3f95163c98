// pattern: p-queue made per call, so its concurrency of one excludes nobody
import PQueue from 'p-queue';

export class Stats {
  private mean = 0;
  private n = 0;

  constructor(private readonly sensor: { read(): Promise<number> }) {}

  async sample(): Promise<void> {
    const queue = new PQueue({ concurrency: 1 });
    await queue.add(async () => {
      const { mean, n } = this;
      const value = await this.sensor.read();
      this.n = n + 1;
      this.mean = (mean * n + value) / (n + 1); // RACE: lost-update
    });
  }
}
