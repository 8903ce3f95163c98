// pattern: noted first, under a unique key
import Agenda from 'agenda';
import knex from 'knex';
import { mailer } from './mailer';

const db = knex({ client: 'pg', connection: process.env.DATABASE_URL });
const agenda = new Agenda({ db: { address: process.env.MONGO_URL! } });

export async function sendReport(accountId: number, month: string): Promise<void> {
  const added = await db('sent_reports')
    .insert({ account_id: accountId, month })
    .onConflict(['account_id', 'month'])
    .ignore()
    .returning('account_id');
  if (added.length === 0) return;
  await mailer.sendMonthly(accountId, month);
}

agenda.define('monthly report', async (job: { attrs: { data: { accountId: number; month: string } } }) => {
  const { accountId, month } = job.attrs.data;
  await sendReport(accountId, month);
});
