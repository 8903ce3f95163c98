// pattern: state machine with an enum: idle is checked, the printer warms up, and only then the state changes
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
    await hardware.warmUp();
    this.#state = State.Printing; // RACE: check-then-act
    await hardware.sendPages(document);
    this.#state = State.Idle;
    this.emit('done', document);
    return true;
  }
}

export const printer = new Printer();
