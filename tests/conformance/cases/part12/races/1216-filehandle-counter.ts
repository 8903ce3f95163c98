import { open, type FileHandle } from 'node:fs/promises';

export class PersistentCounter {
  #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(path: string): Promise<PersistentCounter> {
    return new PersistentCounter(await open(path, 'r+'));
  }

  async add(delta: bigint): Promise<bigint> {
    const buffer = Buffer.alloc(8);
    await this.#handle.read(buffer, 0, 8, 0);
    const value = buffer.readBigInt64LE() + delta;
    buffer.writeBigInt64LE(value);
    await this.#handle.write(buffer, 0, 8, 0); // RACE: lost-update
    return value;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
