import { MongoClient } from 'mongodb';
const c = new MongoClient('x').db().collection('pages');
export async function view(slug: string) {
  const page = await c.findOne({ slug });
  await c.updateOne({ slug }, { $set: { 'stats.views': page.stats.views + 1 } }); // RACE: lost-update
}
export async function reserve(slug: string, n: number) {
  const page = await c.findOne({ slug });
  if (page.stock.left < n) throw new Error('sold out');
  await c.updateOne({ slug }, { $inc: { 'stock.left': -n } }); // RACE: check-then-act
}
