// pattern: free suffix looked for in a loop, then created; no unique index on slug
import slugify from 'slugify';
import { Article } from '../models';

async function freeSlug(title: string): Promise<string> {
  const base = slugify(title, { lower: true, strict: true });
  let slug = base;
  for (let n = 2; await Article.findOne({ where: { slug }, attributes: ['id'] }); n++) {
    slug = `${base}-${n}`;
  }
  return slug;
}

export async function createArticle(authorId: string, title: string, body: string): Promise<string> {
  const slug = await freeSlug(title);
  await Article.create({ authorId, title, body, slug }); // RACE: check-then-act
  return slug;
}
