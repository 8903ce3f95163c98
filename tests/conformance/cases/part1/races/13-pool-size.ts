// pattern: pool compares its size, dials, and counts the new connection only afterwards: more than max are opened
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
    const socket = net.connect(this.options);
    await once(socket, 'connect');
    this.size += 1; // RACE: check-then-act
    return socket;
  }

  release(socket: net.Socket): void {
    this.idle.push(socket);
  }
}
