// pattern: node-cron callback: running flag set after the first await
import cron from 'node-cron';
import { repository } from './repository';
import { mailer } from './mailer';

let running = false;

async function sendDigests(): Promise<void> {
  if (running) return;
  const due = await repository.findDueDigests();
  running = true;
  try {
    for (const digest of due) {
      await mailer.send(digest.email, digest.subject, digest.html); // RACE: check-then-act
      await repository.markSent(digest.id);
    }
  } finally {
    running = false;
  }
}

cron.schedule('*/5 * * * *', () => sendDigests());
