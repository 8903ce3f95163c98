// croner: the callback is an entry point; runs may overlap unless protect is set.
import { handler } from 'krepis:model';

export class Cron {
  constructor(pattern, ...rest) {
    const work = rest.find((given) => typeof given === 'function');
    const options = rest.find((given) => typeof given === 'object');
    if (work !== undefined) handler(`cron ${pattern}`, work, options?.protect ? ', one at a time' : '');
  }

  stop() {}

  pause() {}

  resume() {}
}

export default Cron;
