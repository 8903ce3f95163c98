// pattern: tested again after the await
import { gzip } from 'node:zlib';
import { promisify } from 'node:util';

const compress = promisify(gzip);

export class Spool {
  private items: Buffer[] = [];
  private closed = false;

  constructor(private readonly upload: (items: Buffer[]) => Promise<void>) {}

  async add(text: string): Promise<void> {
    const packed = await compress(text);
    if (this.closed) throw new Error('spool is closed');
    this.items.push(packed);
  }

  async close(): Promise<void> {
    this.closed = true;
    const rest = this.items;
    this.items = [];
    if (rest.length > 0) await this.upload(rest);
  }
}
