// pattern: claimed with the exclusive flag
import { access, constants, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mailer } from './mailer';

const DIRECTORY = '/var/spool/reports';

export async function sendDaily(day: string, recipients: string[]): Promise<boolean> {
  const marker = path.join(DIRECTORY, `${day}.sent`);
  try {
    await writeFile(marker, new Date().toISOString(), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  await mailer.send({ to: recipients, subject: `Report of ${day}` });
  return true;
}
