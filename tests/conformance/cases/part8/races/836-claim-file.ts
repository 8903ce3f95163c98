// pattern: a report is claimed by asking whether its file is there and writing it
import { access, constants, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { mailer } from './mailer';

const DIRECTORY = '/var/spool/reports';

const exists = (file: string): Promise<boolean> =>
  access(file, constants.F_OK).then(
    () => true,
    () => false,
  );

export async function sendDaily(day: string, recipients: string[]): Promise<boolean> {
  const marker = path.join(DIRECTORY, `${day}.sent`);
  if (await exists(marker)) return false;
  await writeFile(marker, new Date().toISOString()); // RACE: check-then-act
  await mailer.send({ to: recipients, subject: `Report of ${day}` }); // RACE: check-then-act
  return true;
}
