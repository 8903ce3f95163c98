import { MongoClient } from 'mongodb';

interface Profile {
  _id: string;
  favourites: string[];
}

const client = new MongoClient(process.env.MONGO_URL!);
const profiles = client.db('shop').collection<Profile>('profiles');

export async function addFavourite(userId: string, productId: string): Promise<void> {
  await profiles.updateOne({ _id: userId }, { $addToSet: { favourites: productId } }, { upsert: true });
}

export async function removeFavourite(userId: string, productId: string): Promise<boolean> {
  const result = await profiles.updateOne({ _id: userId, favourites: productId }, { $pull: { favourites: productId } });
  return result.modifiedCount === 1;
}
