// pattern: for ... of with await; each invoice is claimed before its mail
import { Invoice, Reminder, ReminderRun } from './models';
import { mailer } from './mailer';

export async function remindAll(runId: number): Promise<number> {
  const overdue = await Invoice.findAll({ where: { status: 'overdue' } });
  let sent = 0;
  for (const invoice of overdue) {
    const [claimed] = await Invoice.update({ status: 'reminded' }, { where: { id: invoice.id, status: 'overdue' } });
    if (claimed === 0) continue;
    await mailer.send({ to: invoice.email, subject: `Invoice ${invoice.number}` });
    await Reminder.create({ invoiceId: invoice.id, runId });
    sent += 1;
  }
  await ReminderRun.update({ finishedAt: new Date() }, { where: { id: runId } });
  return sent;
}
