/** Notes, in memory: they are gone when the process ends. */

export interface Note {
  readonly id: number;
  readonly title: string;
  readonly text: string;
}

export class Notes {
  readonly #notes = new Map<number, Note>();
  #last = 0;

  list(): Note[] {
    return [...this.#notes.values()];
  }

  find(id: number): Note | undefined {
    return this.#notes.get(id);
  }

  add(title: string, text: string): Note {
    this.#last += 1;
    const note = { id: this.#last, title, text };
    this.#notes.set(note.id, note);
    return note;
  }

  remove(id: number): boolean {
    return this.#notes.delete(id);
  }
}
