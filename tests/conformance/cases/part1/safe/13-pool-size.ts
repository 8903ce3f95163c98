// pattern: pool slot counted before the dial and given back when the dial fails
import net from 'node:net';
import { once } from 'node:events';

export class SocketPool {
  private readonly idle: net.Socket[] = [];
  private size = 0;

  constructor(
    private readonly options: net.NetConnectOpts,
    private readonly max = 4,
  ) {}

  async acquire(): Promise<net.Socket> {
    const free = this.idle.pop();
    if (free) return free;
    if (this.size >= this.max) {
      throw new Error(`pool exhausted (${this.size}/${this.max})`);
    }
    this.size += 1;
    try {
      const socket = net.connect(this.options);
      await once(socket, 'connect');
      return socket;
    } catch (err) {
      this.size -= 1;
      throw err;
    }
  }

  release(socket: net.Socket): void {
    this.idle.push(socket);
  }
}
