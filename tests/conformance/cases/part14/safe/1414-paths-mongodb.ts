import { MongoClient } from 'mongodb';
const c = new MongoClient('x').db().collection('pages');
export async function view(slug: string) {
  const page = await c.findOne({ slug });
  if (!page) return;
  await c.updateOne({ slug }, { $inc: { 'stats.views': 1 } });
}
export async function reserve(slug: string, n: number) {
  const r = await c.updateOne({ slug, 'stock.left': { $gte: n } }, { $inc: { 'stock.left': -n } });
  if (r.modifiedCount === 0) throw new Error('sold out');
}
export async function rename(slug: string, lang: string, title: string) {
  await c.updateOne({ slug }, { $set: { [`titles.${lang}`]: title } });
}
