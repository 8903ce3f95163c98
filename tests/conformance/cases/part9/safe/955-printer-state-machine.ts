// pattern: the state changes in the tick in which it is checked, and back when warming up fails
import { EventEmitter } from 'node:events';
import { hardware } from './hardware';

export enum State {
  Idle,
  Warming,
  Printing,
}

export class Printer extends EventEmitter {
  #state: State = State.Idle;

  get state(): State {
    return this.#state;
  }

  async print(document: string): Promise<boolean> {
    switch (this.#state) {
      case State.Printing:
      case State.Warming:
        return false;
      default:
    }
    this.#state = State.Warming;
    try {
      await hardware.warmUp();
      this.#state = State.Printing;
      await hardware.sendPages(document);
    } finally {
      this.#state = State.Idle;
    }
    this.emit('done', document);
    return true;
  }
}

export const printer = new Printer();
