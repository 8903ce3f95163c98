// pattern: reminders sent in forEach(async); the batch is marked finished before they are
import { Invoice, Reminder, ReminderRun } from './models';
import { mailer } from './mailer';

export async function remindAll(runId: number): Promise<number> {
  const overdue = await Invoice.findAll({ where: { status: 'overdue' } });
  overdue.forEach(async (invoice) => { // RACE: floating-promise
    await mailer.send({ to: invoice.email, subject: `Invoice ${invoice.number}` });
    await Reminder.create({ invoiceId: invoice.id, runId });
  });
  await ReminderRun.update({ finishedAt: new Date() }, { where: { id: runId } });
  return overdue.length;
}
