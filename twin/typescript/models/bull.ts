// bull: one class for both ends of the queue.
import { handler } from 'krepis:model';
import { Queue } from './bullmq';

export default class Bull extends Queue {
  process(...args) {
    handler(`job of ${this.name}`, args[args.length - 1]);
  }
}
