// cron: the callback is an entry point; runs may overlap unless waitForCompletion is set.
import { handler } from 'krepis:model';

export class CronJob {
  constructor(time, onTick) {
    handler('cron job', onTick);
  }

  static from(options) {
    return new CronJob(options.cronTime, options.onTick);
  }

  start() {}

  stop() {}
}
