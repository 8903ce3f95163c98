// pattern: one p-queue for the object
import PQueue from 'p-queue';

export class Stats {
  private mean = 0;
  private n = 0;
  private readonly queue = new PQueue({ concurrency: 1 });

  constructor(private readonly sensor: { read(): Promise<number> }) {}

  async sample(): Promise<void> {
    await this.queue.add(async () => {
      const { mean, n } = this;
      const value = await this.sensor.read();
      this.n = n + 1;
      this.mean = (mean * n + value) / (n + 1);
    });
  }
}
