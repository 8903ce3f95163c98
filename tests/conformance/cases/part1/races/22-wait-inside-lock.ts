// pattern: a command waits, with the mutex held, for a promise that is resolved under the same mutex
import { Mutex } from 'async-mutex';
import type { SerialPort } from './serial-port';

export class DeviceSession {
  private readonly mutex = new Mutex();
  private readonly ready: Promise<void>;
  private markReady!: () => void;
  private firmware = '';

  constructor(private readonly port: SerialPort) {
    this.ready = new Promise((resolve) => {
      this.markReady = resolve;
    });
    port.on('open', () => {
      this.handshake().catch((err) => port.destroy(err));
    });
  }

  private async handshake(): Promise<void> {
    await this.mutex.runExclusive(async () => {
      this.firmware = await this.port.request('VER?');
      this.markReady();
    });
  }

  async send(command: string): Promise<string> {
    return this.mutex.runExclusive(async () => {
      await this.ready; // RACE: deadlock
      return this.port.request(`${this.firmware}:${command}`);
    });
  }
}
