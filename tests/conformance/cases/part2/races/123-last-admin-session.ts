// pattern: a MongoDB transaction is a snapshot: two admins step down at once, each sees the other
import { MongoClient } from 'mongodb';

const client = new MongoClient(process.env.MONGO_URL!);
const members = client.db('crm').collection<{ teamId: string; userId: string; role: string }>('members');

export async function stepDown(teamId: string, userId: string): Promise<boolean> {
  const session = client.startSession();
  try {
    return await session.withTransaction(async () => {
      const admins = await members.countDocuments({ teamId, role: 'admin' }, { session });
      if (admins <= 1) {
        return false;
      }
      await members.updateOne({ teamId, userId }, { $set: { role: 'member' } }, { session }); // RACE: write-skew
      return true;
    });
  } finally {
    await session.endSession();
  }
}
