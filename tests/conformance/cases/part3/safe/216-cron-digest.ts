// pattern: running flag set in the tick of the check, cleared in finally
import cron from 'node-cron';
import { repository } from './repository';
import { mailer } from './mailer';

let running = false;

async function sendDigests(): Promise<void> {
  if (running) return;
  running = true;
  try {
    const due = await repository.findDueDigests();
    for (const digest of due) {
      await mailer.send(digest.email, digest.subject, digest.html);
      await repository.markSent(digest.id);
    }
  } finally {
    running = false;
  }
}

cron.schedule('*/5 * * * *', () => void sendDigests().catch((err) => console.error(err)));
