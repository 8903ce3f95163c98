// pattern: instance loaded, SMS sent, field changed, save() writes the absolute value
import { User } from '../models/user';
import { SmsLog } from '../models/sms-log';
import { smsGateway } from '../lib/sms-gateway';

export const COST_PER_SEGMENT = 2;

const segments = (text: string) => Math.ceil(text.length / 160);

export async function sendSms(userId: number, to: string, text: string) {
  const user = await User.findByPk(userId, { rejectOnEmpty: true });
  const cost = segments(text) * COST_PER_SEGMENT;
  if (user.credits < cost) {
    return { sent: false, reason: 'credits' as const };
  }
  const { messageId } = await smsGateway.send({ to, text });
  user.credits = user.credits - cost;
  await user.save(); // RACE: lost-update
  await SmsLog.create({ userId, messageId, cost });
  return { sent: true, messageId };
}
