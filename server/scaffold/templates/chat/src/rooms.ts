/** The last messages of each room, in memory. */

export interface Message {
  readonly name: string;
  readonly text: string;
  readonly at: string;
}

const KEPT = 50;
const ROOMS_MAX = 1000;

export class Rooms {
  readonly #rooms = new Map<string, Message[]>();

  history(room: string): readonly Message[] {
    return this.#rooms.get(room) ?? [];
  }

  add(room: string, message: Message): void {
    let messages = this.#rooms.get(room);
    if (!messages) {
      const [oldest] = this.#rooms.keys();
      if (this.#rooms.size >= ROOMS_MAX && oldest !== undefined) this.#rooms.delete(oldest);
      messages = [];
      this.#rooms.set(room, messages);
    }
    messages.push(message);
    if (messages.length > KEPT) messages.shift();
  }
}
