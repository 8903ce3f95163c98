// pattern: a command waits for the handshake first and takes the mutex afterwards
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
    port.once('open', () => {
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
    await this.ready;
    return this.mutex.runExclusive(() => this.port.request(`${this.firmware}:${command}`));
  }
}
