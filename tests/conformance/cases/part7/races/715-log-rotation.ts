// pattern: fs/promises: size asked, file renamed when too big: two writers rotate one after the other
import { appendFile, rename, stat } from 'node:fs/promises';

export class RotatingLog {
  constructor(
    private readonly path: string,
    private readonly maxBytes: number,
  ) {}

  async write(line: string): Promise<void> {
    const { size } = await stat(this.path);
    if (size > this.maxBytes) {
      await rename(this.path, `${this.path}.1`); // RACE: check-then-act
    }
    await appendFile(this.path, `${line}\n`);
  }
}
