// pattern: taken and advanced in one tick
export interface Journal {
  append(entry: { sequence: number; payload: unknown }): Promise<void>;
}

export class Outbox {
  #sequence = 0;

  constructor(private readonly journal: Journal) {}

  get sequence(): number {
    return this.#sequence;
  }

  set sequence(value: number) {
    if (value < 0) throw new RangeError('negative sequence');
    this.#sequence = value;
  }

  async publish(payload: unknown): Promise<number> {
    const sequence = this.sequence;
    this.sequence = sequence + 1;
    await this.journal.append({ sequence, payload });
    return sequence;
  }
}
