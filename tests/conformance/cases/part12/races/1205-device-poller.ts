import { EventEmitter } from 'node:events';

export class DevicePoller extends EventEmitter {
  private timer: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly url: string, private readonly intervalMs: number) {
    super();
  }

  start(): void {
    if (this.timer) return;
    this.timer = setTimeout(() => void this.tick(), 0);
  }

  stop(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
  }

  private async tick(): Promise<void> {
    try {
      const res = await fetch(this.url);
      const reading = await res.json();
      this.emit('reading', reading);
    } catch (err) {
      this.emit('failure', err);
    }
    this.timer = setTimeout(() => void this.tick(), this.intervalMs); // RACE: order-violation
  }
}

export const poller = new DevicePoller('http://sensor.local/reading', 5000);
