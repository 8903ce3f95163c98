// pattern: unique index created at start; the violation is answered like the look-up
import { MongoClient, MongoServerError } from 'mongodb';
import { hash } from 'bcrypt';

const client = new MongoClient(process.env.MONGO_URL ?? 'mongodb://localhost');
const users = client.db('forum').collection('users');

export async function migrate(): Promise<void> {
  await users.createIndex({ name: 1 }, { unique: true });
}

export async function signUp(name: string, password: string): Promise<string> {
  if (await users.findOne({ name })) throw new Error('name is taken');
  const passwordHash = await hash(password, 12);
  try {
    const { insertedId } = await users.insertOne({ name, passwordHash, createdAt: new Date() });
    return insertedId.toHexString();
  } catch (error) {
    if (error instanceof MongoServerError && error.code === 11000) throw new Error('name is taken');
    throw error;
  }
}
