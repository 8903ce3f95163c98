import { MongoClient } from 'mongodb';

interface Profile {
  _id: string;
  favourites: string[];
}

const client = new MongoClient(process.env.MONGO_URL!);
const profiles = client.db('shop').collection<Profile>('profiles');

export async function toggleFavourite(userId: string, productId: string): Promise<boolean> {
  const profile = await profiles.findOne({ _id: userId });
  const favourites = profile?.favourites ?? [];
  const has = favourites.includes(productId);
  const next = has ? favourites.filter((id) => id !== productId) : [...favourites, productId];
  await profiles.updateOne({ _id: userId }, { $set: { favourites: next } }); // RACE: lost-update
  return !has;
}
