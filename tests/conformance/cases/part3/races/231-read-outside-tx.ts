// pattern: balance read outside the session that writes it
import mongoose, { Schema, model } from 'mongoose';

const Account = model('Account', new Schema({ owner: String, balance: Number }));
const Entry = model('Entry', new Schema({ account: Schema.Types.ObjectId, amount: Number }));

export async function charge(accountId: string, amount: number): Promise<number> {
  const account = await Account.findById(accountId).lean();
  if (!account) throw new Error('unknown account');
  const session = await mongoose.startSession();
  try {
    await session.withTransaction(async () => {
      await Entry.create([{ account: accountId, amount: -amount }], { session });
      await Account.updateOne({ _id: accountId }, { $set: { balance: account.balance - amount } }, { session }); // RACE: lost-update
    });
  } finally {
    await session.endSession();
  }
  return account.balance - amount;
}
