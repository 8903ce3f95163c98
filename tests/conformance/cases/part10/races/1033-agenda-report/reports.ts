// pattern: Agenda job and knex: whether a report was sent is looked up, mailed, noted last
import Agenda from 'agenda';
import knex from 'knex';
import { mailer } from './mailer';

const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
const agenda = new Agenda({ db: { address: process.env.MONGO_URL! } });

export async function sendReport(accountId: number, month: string): Promise<void> {
  const sent = await db('sent_reports').where({ account_id: accountId, month }).first();
  if (sent) return;
  await mailer.sendMonthly(accountId, month); // RACE: check-then-act
  await db('sent_reports').insert({ account_id: accountId, month }).onConflict(['account_id', 'month']).ignore(); // RACE: check-then-act
}

agenda.define('monthly report', async (job: { attrs: { data: { accountId: number; month: string } } }) => {
  const { accountId, month } = job.attrs.data;
  await sendReport(accountId, month);
});
