// pattern: the conflict is materialised: every change of roles first writes the team document
import { MongoClient } from 'mongodb';

const client = new MongoClient(process.env.MONGO_URL!);
const teams = client.db('crm').collection<{ teamId: string; rolesChanged: number }>('teams');
const members = client.db('crm').collection<{ teamId: string; userId: string; role: string }>('members');

export async function stepDown(teamId: string, userId: string): Promise<boolean> {
  const session = client.startSession();
  try {
    return await session.withTransaction(async () => {
      await teams.updateOne({ teamId }, { $inc: { rolesChanged: 1 } }, { session });
      const admins = await members.countDocuments({ teamId, role: 'admin' }, { session });
      if (admins <= 1) {
        return false;
      }
      await members.updateOne({ teamId, userId }, { $set: { role: 'member' } }, { session });
      return true;
    });
  } finally {
    await session.endSession();
  }
}
