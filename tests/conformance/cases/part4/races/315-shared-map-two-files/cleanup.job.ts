import cron from 'node-cron';
import { watchers } from './registry';
import { isGone } from './devices';

cron.schedule('0 * * * *', async () => {
  for (const [topic, devices] of watchers) {
    const gone = new Set<string>();
    for (const device of devices) if (await isGone(device)) gone.add(device);
    watchers.set(topic, devices.filter((device) => !gone.has(device))); // RACE: lost-update
  }
});
