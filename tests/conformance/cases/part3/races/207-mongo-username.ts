// pattern: user name looked up, then inserted; no unique index anywhere
import { MongoClient } from 'mongodb';
import { hash } from 'bcrypt';

const client = new MongoClient(process.env.MONGO_URL ?? 'mongodb://localhost');
const users = client.db('forum').collection('users');

export async function signUp(name: string, password: string): Promise<string> {
  const existing = await users.findOne({ name });
  if (existing) throw new Error('name is taken');
  const passwordHash = await hash(password, 12);
  const { insertedId } = await users.insertOne({ name, passwordHash, createdAt: new Date() }); // RACE: check-then-act
  return insertedId.toHexString();
}
