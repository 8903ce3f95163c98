// pattern: $inc with the condition in the filter, inside the session
import mongoose, { Schema, model } from 'mongoose';

const Account = model('Account', new Schema({ owner: String, balance: Number }));
const Entry = model('Entry', new Schema({ account: Schema.Types.ObjectId, amount: Number }));

export async function charge(accountId: string, amount: number): Promise<void> {
  const session = await mongoose.startSession();
  try {
    await session.withTransaction(async () => {
      const { modifiedCount } = await Account.updateOne(
        { _id: accountId, balance: { $gte: amount } },
        { $inc: { balance: -amount } },
        { session },
      );
      if (modifiedCount !== 1) throw new Error('insufficient funds');
      await Entry.create([{ account: accountId, amount: -amount }], { session });
    });
  } finally {
    await session.endSession();
  }
}
