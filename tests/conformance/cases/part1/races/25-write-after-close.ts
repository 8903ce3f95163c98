// pattern: entry signed asynchronously, written to a stream that was closed in the meantime
import { createWriteStream, type WriteStream } from 'node:fs';
import type { EventEmitter } from 'node:events';
import type { Signer } from './signer';

export class AuditTrail {
  private readonly out: WriteStream;
  private closed = false;

  constructor(
    source: EventEmitter,
    private readonly signer: Signer,
    file: string,
  ) {
    this.out = createWriteStream(file, { flags: 'a' });
    source.on('entry', (text: string) => {
      this.append(text).catch((err) => source.emit('error', err));
    });
    source.on('shutdown', () => this.close());
  }

  async append(text: string): Promise<void> {
    if (this.closed) return;
    const signature = await this.signer.sign(text);
    this.out.write(`${signature} ${text}\n`); // RACE: order-violation
  }

  close(): void {
    this.closed = true;
    this.out.end();
  }
}
