// pattern: managed transaction, row read with LOCK.UPDATE and saved in the same transaction, before the SMS
import { Transaction } from 'sequelize';
import { sequelize } from '../models';
import { User } from '../models/user';
import { SmsLog } from '../models/sms-log';
import { smsGateway } from '../lib/sms-gateway';

export const COST_PER_SEGMENT = 2;

const segments = (text: string) => Math.ceil(text.length / 160);

async function reserve(userId: number, cost: number): Promise<boolean> {
  return sequelize.transaction(async (transaction: Transaction) => {
    const user = await User.findByPk(userId, { transaction, lock: transaction.LOCK.UPDATE, rejectOnEmpty: true });
    if (user.credits < cost) return false;
    user.credits = user.credits - cost;
    await user.save({ transaction });
    return true;
  });
}

export async function sendSms(userId: number, to: string, text: string) {
  const cost = segments(text) * COST_PER_SEGMENT;
  if (!(await reserve(userId, cost))) {
    return { sent: false, reason: 'credits' as const };
  }
  const { messageId } = await smsGateway.send({ to, text });
  await SmsLog.create({ userId, messageId, cost });
  return { sent: true, messageId };
}
