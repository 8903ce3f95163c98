// pattern: every write waits for the one before it
import { appendFile, rename, stat } from 'node:fs/promises';

export class RotatingLog {
  #tail: Promise<void> = Promise.resolve();

  constructor(
    private readonly path: string,
    private readonly maxBytes: number,
  ) {}

  write(line: string): Promise<void> {
    const turn = this.#tail.then(() => this.#append(line));
    this.#tail = turn.catch(() => undefined);
    return turn;
  }

  async #append(line: string): Promise<void> {
    const { size } = await stat(this.path);
    if (size > this.maxBytes) {
      await rename(this.path, `${this.path}.1`);
    }
    await appendFile(this.path, `${line}\n`);
  }
}
